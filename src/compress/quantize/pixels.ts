import { float32, type Tensor, tensor, toNumbers } from '../../core/tensor.js'
import type { Graph, Node, Value } from '../../onnx/ir.js'
import { Add } from '../../ops/add.js'
import { Cast } from '../../ops/cast.js'
import { Mul, mul } from '../../ops/mul.js'
import { pad } from '../../ops/pad.js'
import { Slice } from '../../ops/slice.js'
import { sub } from '../../ops/sub.js'
import type { ActivationParameters } from './parameters.js'

/** Pre-processed images x = slope · p + shift of the bytes p, channel by channel, that convolutions alone read. */
export interface Pixels {
  images: Value
  /** The pre-processed images. */
  value: Value
  /** The nodes between the two. */
  nodes: readonly Node[]
  slope: readonly number[]
  shift: readonly number[]
  /** The convolutions that read them, directly or turned round (a mirrored view). */
  convs: readonly Node[]
}

/** Finds Cast, Mul and Add at the start of a graph; undefined where someone else reads the result too. */
export function pixelsOf(
  graph: Graph,
  readers: (value: Value) => readonly (Node | undefined)[],
  isLayer: (node: Node) => boolean,
): Pixels | undefined {
  const [images] = graph.inputs
  if (graph.inputs.length !== 1 || images?.dtype !== 'uint8' || images.shape.length !== 4) return undefined
  const channels = images.shape[1] as number
  const only = (value: Value): Node | undefined => (readers(value).length === 1 ? readers(value)[0] : undefined)
  const cast = only(images)
  if (cast?.op !== Cast || cast.outputs[0]!.dtype !== 'float32') return undefined
  const nodes = [cast]
  let [slope, shift] = [new Array<number>(channels).fill(1), new Array<number>(channels).fill(0)]
  for (;;) {
    const next = only(nodes.at(-1)!.outputs[0]!)
    const vector = next && [Mul, Add].includes(next.op as typeof Mul) ? channelVector(next, channels) : undefined
    if (!vector) break
    if (next!.op === Mul)
      [slope, shift] = [slope, shift].map(list => list.map((v, c) => v * vector[c]!)) as [number[], number[]]
    else shift = shift.map((v, c) => v + vector[c]!)
    nodes.push(next!)
  }
  const value = nodes.at(-1)!.outputs[0]!
  const convs = readingConvs(value, readers, isLayer)
  return convs && slope.every(s => s > 0) ? { images, value, nodes, slope, shift, convs } : undefined
}

/** The constant operand of a Mul or Add that is one number, or one for each channel. */
function channelVector({ inputs }: Node, channels: number): number[] | undefined {
  const held = inputs.find(input => input?.constant)
  if (held?.dtype !== 'float32' || held.shape.length > 4) return undefined
  const shape = [...new Array<number>(4 - held.shape.length).fill(1), ...(held.shape as number[])]
  const numbers = toNumbers(held.constant!)
  if (numbers.length === 1) return new Array<number>(channels).fill(numbers[0]!)
  return shape.join() === `1,${channels},1,1` ? numbers : undefined
}

function readingConvs(
  value: Value,
  readers: (value: Value) => readonly (Node | undefined)[],
  isLayer: (node: Node) => boolean,
): Node[] | undefined {
  const convs: Node[] = []
  for (const node of readers(value)) {
    if (node && isLayer(node) && node.inputs[0] === value && node.attributes.group === 1) convs.push(node)
    else {
      const inner = node?.op === Slice ? readingConvs(node.outputs[0]!, readers, isLayer) : undefined
      if (!inner) return undefined
      convs.push(...inner)
    }
  }
  return convs
}

/**
 * The bytes as quantised numbers, and what the first convolutions become by it. With one scale s and one zero point z,
 * x = a · s (p - z) + b for each channel; a goes into the weights. Where some b is not zero it would go into the bias,
 * but at a padded border there is nothing to add it to: the bytes then get a channel of one constant, whose weights say
 * Σ w · b. It is zero where the padding is, as it must be.
 */
export interface PixelForm extends ActivationParameters {
  /** Value of the added channel; undefined: none. */
  constant: number | undefined
  /** Weights [K, C or C + 1, kh, kw] and bias [K] for the bytes. */
  rewrite(w: Tensor, bias: readonly number[]): { w: Tensor; bias: number[] }
  /** Weights for the bytes as weights for the pre-processed images, without the added channel. */
  restore(w: Tensor): Tensor
  /** What the bytes stand for, s (p - z), where the pre-processed images are given. */
  numbers(value: Value): Value
}

const NEGLIGIBLE = 1e-6

export function pixelForm({ slope, shift, convs }: Pixels): PixelForm {
  const scale = Math.fround(Math.exp(slope.reduce((sum, s) => sum + Math.log(s), 0) / slope.length))
  const zeros = slope.map((s, c) => -shift[c]! / s)
  const middle = zeros.reduce((sum, z) => sum + z, 0) / zeros.length
  const zeroPoint = Math.min(Math.max(Math.round(middle), 0), 255)
  const a = slope.map(s => s / scale)
  const b = slope.map((s, c) => s * zeroPoint + shift[c]!)
  const scaled = (w: Tensor): Tensor => {
    const [, C, kh, kw] = w.shape as [number, number, number, number]
    return float32(
      Array.from(w.data as Float32Array, (v, i) => v * a[Math.floor(i / (kh * kw)) % C]!),
      w.shape,
    )
  }
  const perPixel = (numbers: readonly number[]): Tensor => float32(numbers, [1, numbers.length, 1, 1])
  const facts = {
    scale,
    zeroPoint,
    restore: (w: Tensor) => withoutChannel(w, a),
    numbers: (value: Value) => {
      const { graph } = value
      return mul(sub(value, graph.constant(perPixel(b))), graph.constant(perPixel(a.map(v => 1 / v))))
    },
  }
  if (b.every(offset => Math.abs(offset) < NEGLIGIBLE))
    return { ...facts, constant: undefined, rewrite: (w, bias) => ({ w: scaled(w), bias: [...bias] }) }
  const padded = convs.some(({ attributes }) => hasPadding(attributes))
  if (!padded) {
    return {
      ...facts,
      constant: undefined,
      rewrite: (w, bias) => ({ w: scaled(w), bias: bias.map((v, k) => v + sumOf(offsets(w, b), k, w.shape)) }),
    }
  }
  const step = constantStep(convs, a, b, scale, zeroPoint)
  return {
    ...facts,
    constant: zeroPoint + step,
    rewrite: (w, bias) => ({
      w: withChannel(
        scaled(w),
        offsets(w, b).map(v => v / (scale * step)),
      ),
      bias: [...bias],
    }),
  }
}

const hasPadding = ({ pads, auto_pad }: Node['attributes']): boolean =>
  (Array.isArray(pads) && pads.some(p => p !== 0)) || auto_pad === 'SAME_UPPER' || auto_pad === 'SAME_LOWER'

/** Σ over channels of w · b, [K, kh · kw]. */
function offsets(w: Tensor, b: readonly number[]): Float64Array {
  const [K, C, kh, kw] = w.shape as [number, number, number, number]
  const window = kh * kw
  return Float64Array.from({ length: K * window }, (_, i) => {
    const [k, tap] = [Math.floor(i / window), i % window]
    return b.reduce((sum, offset, c) => sum + offset * (w.data[(k * C + c) * window + tap] as number), 0)
  })
}

function sumOf(taps: Float64Array, k: number, [, , kh, kw]: readonly number[]): number {
  const window = kh! * kw!
  return taps.subarray(k * window, (k + 1) * window).reduce((sum, v) => sum + v, 0)
}

/**
 * How far the constant lies from the zero point: so far that no weight of its channel is larger than the largest of
 * the others (it would coarsen their steps), and no farther (its rounding error counts that often).
 */
function constantStep(
  convs: readonly Node[],
  a: readonly number[],
  b: readonly number[],
  scale: number,
  zeroPoint: number,
): number {
  let most = 0
  for (const { inputs } of convs) {
    const w = inputs[1]!.constant!
    const [K, C, kh, kw] = w.shape as [number, number, number, number]
    const taps = offsets(w, b)
    for (let k = 0; k < K; k++) {
      let [largest, own] = [0, 0]
      for (let i = 0; i < C * kh * kw; i++)
        largest = Math.max(largest, Math.abs((w.data[k * C * kh * kw + i] as number) * a[Math.floor(i / (kh * kw))]!))
      for (let tap = 0; tap < kh * kw; tap++) own = Math.max(own, Math.abs(taps[k * kh * kw + tap]!))
      if (largest > 0) most = Math.max(most, own / largest)
    }
  }
  const distance = Math.min(Math.max(Math.ceil(most / scale), 1), 127)
  return zeroPoint <= 127 ? distance : -distance
}

/** w [K, C, kh, kw] with one more channel, [K, C + 1, kh, kw]. */
function withChannel(w: Tensor, taps: Float64Array): Tensor {
  const [K, C, kh, kw] = w.shape as [number, number, number, number]
  const window = kh * kw
  const wider = tensor('float32', [K, C + 1, kh, kw])
  for (let k = 0; k < K; k++) {
    for (let i = 0; i < C * window; i++) wider.data[k * (C + 1) * window + i] = w.data[k * C * window + i]!
    for (let i = 0; i < window; i++) wider.data[(k * (C + 1) + C) * window + i] = taps[k * window + i]!
  }
  return wider
}

/** The first channels of w [K, C or C + 1, kh, kw], divided by a: [K, C, kh, kw]. */
function withoutChannel({ data, shape }: Tensor, a: readonly number[]): Tensor {
  const [K, held, kh, kw] = shape as [number, number, number, number]
  const [C, window] = [a.length, kh * kw]
  const narrow = tensor('float32', [K, C, kh, kw])
  for (let k = 0; k < K; k++)
    for (let i = 0; i < C * window; i++)
      narrow.data[k * C * window + i] = (data[k * held * window + i] as number) / a[Math.floor(i / window)]!
  return narrow
}

/** uint8 [N, C, H, W] -> uint8 [N, C + 1, H, W], the last channel all `constant`. */
export const addConstantChannel = (images: Value, constant: number): Value =>
  pad(images, [0, 0, 0, 0, 0, 1, 0, 0], {
    value: images.graph.constant(tensor('uint8', [], Uint8Array.of(constant))),
  })
