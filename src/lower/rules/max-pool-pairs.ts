import { tensor } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { concat } from '../../ops/concat.js'
import { heldWindow, imageOf, resolveWindow, type Window } from '../../ops/kinds/window.js'
import { MaxPool } from '../../ops/max-pool.js'
import { MaxPoolGrad } from '../../ops/max-pool-grad.js'
import { mul } from '../../ops/mul.js'
import { reshape } from '../../ops/reshape.js'
import { sub } from '../../ops/sub.js'
import { blockedChannels, type Layout } from '../layouts.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import { nchwcMaxPool } from '../ops/nchwc-pool.js'
import { STEEP } from '../ops/step.js'
import type { LayoutRule } from '../rule.js'

/**
 * A 2x2 pooling as two poolings of pairs, columns then rows. Its gradient undoes them in turn: the first of a pair has
 * it where first >= second, else the second, which over a window is the first maximum in row-major order.
 * Both memory orders are seen as images of `block` channels whose pairs lie along one axis.
 */
interface Pairing {
  layout: Extract<Layout, 'blocked' | 'pixels'>
  /** Shape as which nchwc operators see x when pairs of columns, and its half when pairs of rows, are taken. */
  columns: { view: number[]; kernel: [number, number] }
  rows: { view: number[]; kernel: [number, number] }
  channels: number
  /** Shape [outer, 1, inner] of one half, whose concatenation along axis 1 interleaves the halves again. */
  rowHalf: [number, 1, number]
  columnHalf: [number, 1, number]
}

function pairingOf(x: Value, layout: Layout | 'any', block: number): Pairing | string {
  const [N, channels, H, W] = x.shape as [number, number, number, number]
  if (H % 2 || W % 2) return 'an odd image'
  if (layout === 'blocked') {
    const C = blockedChannels(channels, block)!
    return {
      layout,
      columns: { view: [N, C, H, W], kernel: [1, 2] },
      rows: { view: [N, C, H, W / 2], kernel: [2, 1] },
      channels: C,
      rowHalf: [(N * C * H) / block / 2, 1, (W / 2) * block],
      columnHalf: [(N * C * H * W) / block / 2, 1, block],
    }
  }
  const line = N * channels
  if (layout !== 'pixels') return 'x is plain'
  if (line % block) return `${line} values of a pixel are no multiple of the block of ${block}`
  return {
    layout,
    columns: { view: [1, block, H * W, line / block], kernel: [2, 1] },
    rows: { view: [1, block, H, ((W / 2) * line) / block], kernel: [2, 1] },
    channels: block,
    rowHalf: [H / 2, 1, (W / 2) * line],
    columnHalf: [(H * W) / 2, 1, line],
  }
}

const isTwoByTwo = ({ kernel_shape, strides, pads, dilations }: Window): boolean =>
  [...kernel_shape, ...strides].every(n => n === 2) && pads.every(n => n === 0) && dilations.every(n => n === 1)

/** Maxima of pairs of columns, made by the forward pass and read again by the gradient. */
const halfName = (x: Value): string => `${x.name}: maxima of column pairs`

export const maxPoolPairs: LayoutRule = {
  name: 'max-pool-pairs',
  ops: [MaxPool],
  apply(node, { layouts, shared }) {
    const [x] = node.inputs as [Value]
    const image = imageOf(x.shape, node.name)
    if (!isTwoByTwo(resolveWindow(node.attributes, image, node.attributes.kernel_shape as number[], node.name)))
      return 'not a 2x2 pooling without overlap'
    const pairing = pairingOf(x, layouts.native(x), layouts.block)
    if (typeof pairing === 'string') return pairing
    const half = pool(layouts.get(x, pairing.layout), pairing.columns)
    shared.set(halfName(x), half)
    const [y] = node.outputs
    layouts.set(y!, pairing.layout, reshape(pool(half, pairing.rows), layouts.shapeIn(y!, pairing.layout)))
    return undefined
  },
}

export const maxPoolGradPairs: LayoutRule = {
  name: 'max-pool-grad-pairs',
  ops: [MaxPoolGrad],
  apply(node, { layouts, shared }) {
    const [x, , dy] = node.inputs as [Value, Value, Value]
    if (!isTwoByTwo(heldWindow(node.attributes))) return 'not a 2x2 pooling without overlap'
    const half = shared.get(halfName(x))
    if (!half) return 'the pooling was not taken in pairs'
    const pairing = pairingOf(x, layouts.native(x), layouts.block) as Pairing
    const { layout, rowHalf, columnHalf } = pairing
    const dHalf = spread(layouts.get(dy, layout), firstWins(half, pairing, 'rows'), rowHalf)
    const dx = spread(dHalf, firstWins(layouts.get(x, layout), pairing, 'columns'), columnHalf)
    layouts.set(node.outputs[0]!, layout, reshape(dx, layouts.shapeIn(x, layout)))
    return undefined
  },
}

const pool = (x: Value, { view, kernel }: Pairing['rows']): Value =>
  nchwcMaxPool(reshape(x, view), { kernel_shape: kernel, strides: kernel })

/** 1 where the first of a pair is not smaller: a depthwise convolution first - second with a steep HardSigmoid inside. */
function firstWins(x: Value, { channels, ...pairing }: Pairing, axis: 'rows' | 'columns'): Value {
  const { view, kernel } = pairing[axis]
  const block = pairing.layout === 'pixels' ? channels : blockOf(pairing)
  const difference = Float32Array.from({ length: channels * 2 }, (_, i) => (Math.floor(i / block) % 2 === 0 ? 1 : -1))
  return nchwcConv(reshape(x, view), x.graph.constant(tensor('float32', [channels, 1, ...kernel], difference)), {
    kernel_shape: kernel,
    strides: kernel,
    group: channels,
    activation: 'HardSigmoid',
    activation_params: [STEEP, 1],
  })
}

const blockOf = ({ columnHalf }: Pick<Pairing, 'columnHalf'>): number => columnHalf[2]

/** dy to the firsts where `mask` is 1, to the seconds where it is 0, halves interleaved. */
function spread(dy: Value, mask: Value, half: readonly [number, 1, number]): Value {
  const gradient = reshape(dy, half)
  const first = mul(reshape(mask, half), gradient)
  return concat([first, sub(gradient, first)], 1)
}
