import type { Value } from '../../onnx/ir.js'
import { ConvGradWeight } from '../../ops/conv-grad-weight.js'
import { heldFacts } from '../../ops/kinds/convolution.js'
import { exactEnd, imageOf } from '../../ops/kinds/window.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { reshape } from '../../ops/reshape.js'
import { crop } from '../../ops/slice.js'
import { transpose } from '../../ops/transpose.js'
import { blockedChannels } from '../layouts.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import type { LayoutRule } from '../rule.js'
import { notDepthwise } from './kernel-blocks.js'

/**
 * Weight gradient of a depthwise convolution as a depthwise convolution of one image of N · C channels, in which dy is
 * the kernel, and dilation and stride have swapped roles. A blocked dy is in memory what a blocked depthwise kernel is.
 */
export const convGradWeightDepthwise: LayoutRule = {
  name: 'conv-grad-weight-depthwise',
  ops: [ConvGradWeight],
  apply(node, { layouts }) {
    const [x, dy] = node.inputs as [Value, Value]
    const { block } = layouts
    const { group, strides, dilations, pads, kernel_shape } = heldFacts(node.attributes)
    const [N, C, H, W] = x.shape as [number, number, number, number]
    const refusal = notDepthwise(C, dy.shape[1] as number, group, block)
    if (refusal) return refusal
    const counts = imageOf(dy.shape, node.name)
    const end = exactEnd({ strides, dilations, pads, kernel_shape }, [H, W], counts)
    if (end.some(e => e < 0)) return 'rows or columns that no window touches'
    const full = blockedChannels(C, block)!
    const partial = nchwcConv(
      reshape(layouts.get(x, 'blocked'), [1, N * full, H, W]),
      reshape(layouts.get(dy, 'blocked'), [N * full, 1, ...counts]),
      { group: N * full, strides: dilations, dilations: strides, pads: [pads[0], pads[1], ...end] },
    )
    const [kh, kw] = kernel_shape
    const summed = reshape(reduceSum(reshape(partial, [N, full * kh * kw]), [0], false), [full / block, kh * kw, block])
    const taps = reshape(transpose(summed, [0, 2, 1]), [full, 1, kh, kw])
    layouts.set(node.outputs[0]!, 'plain', crop(taps, [0, 0, 0, 0, full - C, 0, 0, 0]))
    return undefined
  },
}
