import type { Value } from '../../onnx/ir.js'
import { conv } from '../../ops/conv.js'
import { ConvGradWeight } from '../../ops/conv-grad-weight.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { reshape } from '../../ops/reshape.js'
import { transpose } from '../../ops/transpose.js'
import type { LayoutRule } from '../rule.js'
import { slidingGradient } from './sliding-gradient.js'

/**
 * Weight gradient as one convolution in which dy is the kernel (see ConvGradWeight), fed from the blocked forms:
 * x as rows [N, H, W, C] and dy plain come out of nchwc.ReorderOutput, so nothing is transposed.
 */
export const convGradWeightRows: LayoutRule = {
  name: 'conv-grad-weight-rows',
  ops: [ConvGradWeight],
  apply(node, { layouts }) {
    const [x, dy] = node.inputs as [Value, Value]
    if (layouts.native(x) === 'plain') return 'x is plain'
    const [N, C, H, W] = x.shape as [number, number, number, number]
    const [, K, Ho, Wo] = dy.shape as [number, number, number, number]
    const sliding = slidingGradient(node, K)
    if (typeof sliding === 'string') return sliding
    const { strides, start, end } = sliding
    const [kh, kw] = sliding.kernel
    const partial = conv(
      reshape(layouts.get(x, 'rows'), [1, N, H, W * C]),
      reshape(layouts.get(dy, 'plain'), [N * K, 1, Ho, Wo]),
      undefined,
      {
        group: N,
        dilations: [strides[0], strides[1] * C],
        pads: [start[0], start[1] * C, end[0], end[1] * C],
      },
    )
    const summed = reduceSum(reshape(partial, [N, K * kh * kw * C]), [0], false)
    layouts.set(node.outputs[0]!, 'plain', transpose(reshape(summed, [K, kh, kw, C]), [0, 3, 1, 2]))
    return undefined
  },
}
