import { sameShape } from '../../core/shape.js'
import type { Value } from '../../onnx/ir.js'
import type { OpDefinition } from '../../onnx/operator.js'
import { Expand, expand } from '../../ops/expand.js'
import { addReduction, axesOf } from '../../ops/kinds/reduction.js'
import { ReduceSum } from '../../ops/reduce-sum.js'
import { reshape } from '../../ops/reshape.js'
import type { Layout } from '../layouts.js'
import type { LayoutRule } from '../rule.js'
import { channelView } from './channel-view.js'

/** A reduction over rows and columns of pixels [H, W, N, C] is one over the outermost axis. */
export const reductionPixels = (ops: readonly OpDefinition[]): LayoutRule => ({
  name: 'reduction-pixels',
  ops,
  apply(node, { layouts }) {
    const [x] = node.inputs as [Value]
    if (layouts.native(x) !== 'pixels') return 'x is not in pixel order'
    const axes = axesOf(node)
    if (axes.length !== 2 || axes[0] !== 2 || axes[1] !== 3) return 'not over rows and columns'
    const [N, C, H, W] = x.shape as [number, number, number, number]
    const reduced = addReduction(node.op, reshape(layouts.get(x, 'pixels'), [H * W, N * C]), [0], false)
    layouts.set(node.outputs[0]!, 'plain', reshape(reduced, node.outputs[0]!.shape as number[]))
    return undefined
  },
})

/** One number per image and channel for every pixel: rows repeated in pixel order. */
export const expandPixels: LayoutRule = {
  name: 'expand-pixels',
  ops: [Expand],
  apply(node, { layouts }) {
    const [x] = node.inputs as [Value]
    const y = node.outputs[0]!
    const [N, C, H, W] = y.shape as [number, number, number, number]
    if (y.shape.length !== 4 || !sameShape(x.shape, [N, C, 1, 1])) return 'not one number per image and channel'
    layouts.set(y, 'pixels', expand(reshape(layouts.get(x, 'plain'), [1, 1, N, C]), [H, W, N, C]))
    return undefined
  },
}

/** Σ over images, rows and columns (a bias gradient) in the order x has, unless a plain form is there already. */
export const sumPerChannel: LayoutRule = {
  name: 'sum-per-channel',
  ops: [ReduceSum],
  apply(node, { layouts }) {
    const [x] = node.inputs as [Value]
    const y = node.outputs[0]!
    if (x.shape.length !== 4 || axesOf(node).join() !== '0,2,3') return 'not over images, rows and columns'
    if (layouts.has(x, 'plain')) return 'x is plain already'
    const layout = layouts.native(x)
    const channels = channelView(x, layout, layouts)
    if (!channels) return 'x is plain'
    const sum = channels.sum(channels.view(layouts.get(x, layout as Layout)))
    layouts.set(y, 'plain', reshape(sum, y.shape as number[]))
    return undefined
  },
}
