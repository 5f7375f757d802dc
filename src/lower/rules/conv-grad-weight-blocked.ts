import { float32 } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { ConvGradWeight } from '../../ops/conv-grad-weight.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { reshape } from '../../ops/reshape.js'
import { crop } from '../../ops/slice.js'
import { transpose } from '../../ops/transpose.js'
import { blockedChannels, notBlocked } from '../layouts.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import { reorderOutput } from '../ops/reorder-output.js'
import type { LayoutRule } from '../rule.js'
import { slidingGradient } from './sliding-gradient.js'

/**
 * The convolution of convGradWeightRows by the kernel for first layers, which takes its image plain: each image's rows
 * are a channel with filters of its own, and a blocked dy is in memory what those filters are. No columns are written
 * down, as the runtime's plain convolution does. Columns of padding are made first: where a window reaches over an edge
 * that kernel computes one number at a time, and with rows of [W, C] that is most of them.
 */
export const convGradWeightBlocked: LayoutRule = {
  name: 'conv-grad-weight-blocked',
  ops: [ConvGradWeight],
  apply(node, { layouts }) {
    const [x, dy] = node.inputs as [Value, Value]
    const { block } = layouts
    const [N, channels, H, W] = x.shape as [number, number, number, number]
    const [, K, Ho, Wo] = dy.shape as [number, number, number, number]
    const order = layouts.blockedOrder(x)
    if (!order) return 'x is not blocked'
    if (N % block) return `${N} images are no multiple of ${block}`
    const filters = blockedChannels(K, block)
    if (!filters) return notBlocked(K, block)
    const sliding = slidingGradient(node, filters)
    if (typeof sliding === 'string') return sliding
    const { strides, start, end } = sliding
    const [[kh, kw], left, right] = [sliding.kernel, start[1], end[1]]
    const slots = layouts.slots(x)
    const C = order === 'gapped' ? slots.full : channels
    const image = layouts.get(x, order)
    const asRows = (): Value => (order === 'gapped' ? reorderOutput(image, C, true) : layouts.get(x, 'rows'))
    const rows = left || right ? withColumns(image, C, left, right, block) : asRows()
    const partial = nchwcConv(
      reshape(rows, [1, N, H, (left + W + right) * C]),
      reshape(layouts.get(dy, 'blocked'), [N * filters, 1, Ho, Wo]),
      { group: N, dilations: [strides[0], strides[1] * C], pads: [start[0], 0, end[0], 0] },
    )
    const summed = reduceSum(reshape(partial, [N, filters * kh * kw * C]), [0], false)
    const taps = transpose(reshape(summed, [filters / block, kh, kw, C, block]), [0, 4, 3, 1, 2])
    const dw = crop(reshape(taps, [filters, C, kh, kw]), [0, 0, 0, 0, filters - K, 0, 0, 0])
    layouts.set(node.outputs[0]!, 'plain', order === 'gapped' ? slots.gather(dw, 1) : dw)
    return undefined
  },
}

/** Blocked x as rows [N, H, left + W + right, C] with zeros at both ends: a depthwise kernel of ones adds them. */
function withColumns(x: Value, C: number, left: number, right: number, block: number): Value {
  const [N, full, H, W] = x.shape as [number, number, number, number]
  const ones = x.graph.constant(float32(new Float32Array(full).fill(1), [full, 1, 1, 1]))
  const wider = nchwcConv(x, ones, { group: full, pads: [0, left, 0, right] })
  return C === block ? reshape(wider, [N, H, left + W + right, C]) : reorderOutput(wider, C, true)
}
