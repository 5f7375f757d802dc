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
 * In both memory orders pairs lie along one axis.
 */
interface Pairs {
  /** Shape as which nchwc operators see x, and the window of a pair in it. */
  view: number[]
  kernel: [number, number]
  /** x is in memory [outer, 2, inner], a pair along the 2. */
  outer: number
  inner: number
}

interface Pairing {
  layout: Extract<Layout, 'blocked' | 'pixels'>
  /** Of x. */
  columns: Pairs
  /** Of what the first pooling leaves. */
  rows: Pairs
}

function pairingOf(x: Value, layout: Layout | 'any', block: number): Pairing | string {
  const [N, channels, H, W] = x.shape as [number, number, number, number]
  if (H % 2 || W % 2) return 'an odd image'
  if (layout === 'blocked') {
    const C = blockedChannels(channels, block)!
    const lines = (N * C * H) / block
    return {
      layout,
      columns: { view: [N, C, H, W], kernel: [1, 2], outer: (lines * W) / 2, inner: block },
      rows: { view: [N, C, H, W / 2], kernel: [2, 1], outer: lines / 2, inner: (W / 2) * block },
    }
  }
  const line = N * channels
  if (layout !== 'pixels') return 'x is plain'
  if (line % block) return `${line} values of a pixel are no multiple of the block of ${block}`
  const half = (W / 2) * line
  return {
    layout,
    columns: { view: [1, block, H * W, line / block], kernel: [2, 1], outer: (H * W) / 2, inner: line },
    rows: { view: [1, block, H, half / block], kernel: [2, 1], outer: H / 2, inner: half },
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
    const { layout } = pairing
    const dHalf = toWinners(layouts.get(dy, layout), half, pairing.rows, layouts.block)
    const dx = toWinners(dHalf, layouts.get(x, layout), pairing.columns, layouts.block)
    layouts.set(node.outputs[0]!, layout, reshape(dx, layouts.shapeIn(x, layout)))
    return undefined
  },
}

const pool = (x: Value, { view, kernel }: Pairs): Value =>
  nchwcMaxPool(reshape(x, view), { kernel_shape: kernel, strides: kernel })

/** dy, one number a pair, to the first of the pair of x that is not smaller than the second, else to the second. */
function toWinners(dy: Value, x: Value, pairs: Pairs, block: number): Value {
  const { outer, inner } = pairs
  const half = reshape(dy, [outer, 1, inner])
  if (inner > block) return mul(reshape(winners(x, pairs, block), [outer, 2, inner]), half)
  // As an image, each pair would be a pixel of its own, and multiplying so few numbers at a time is slow.
  const first = mul(reshape(firstWins(x, pairs, block), [outer, 1, inner]), half)
  return concat([first, sub(half, first)], 1)
}

/** The least normal float32, which a step of slope STEEP takes to 1, so that it decides between equals only. */
const LEAST = 2 ** -126

/**
 * 1 for the winner of a pair and 0 for the other, in one pass: pairs are seen as images of 2 · block channels, of which
 * a 1x1 convolution takes first - second and second - first into a step.
 */
function winners(x: Value, { outer, inner }: Pairs, block: number): Value {
  const kernel = Float32Array.from({ length: 4 * block * block }, (_, i) => {
    const [quarter, from, to] = [Math.floor(i / block / block), Math.floor(i / block) % block, i % block]
    return from !== to ? 0 : quarter === 0 || quarter === 3 ? 1 : -1
  })
  const bias = Float32Array.from({ length: 2 * block }, (_, i) => (i < block ? LEAST : 0))
  return nchwcConv(
    reshape(x, [outer, 2 * block, inner / block, 1]),
    x.graph.constant(tensor('float32', [2 * block, 2 * block, 1, 1], kernel)),
    {
      bias: x.graph.constant(tensor('float32', [2 * block], bias)),
      activation: 'HardSigmoid',
      activation_params: [STEEP, 0],
    },
  )
}

/** 1 where the first of a pair is not smaller: a depthwise convolution first - second with a step inside. */
function firstWins(x: Value, { view, kernel }: Pairs, block: number): Value {
  const channels = view[1]!
  const difference = Float32Array.from({ length: channels * 2 }, (_, i) => (Math.floor(i / block) % 2 === 0 ? 1 : -1))
  return nchwcConv(reshape(x, view), x.graph.constant(tensor('float32', [channels, 1, ...kernel], difference)), {
    kernel_shape: kernel,
    strides: kernel,
    group: channels,
    activation: 'HardSigmoid',
    activation_params: [STEEP, 1],
  })
}
