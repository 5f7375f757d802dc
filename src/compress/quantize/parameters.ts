import { sizeOf, stridesOf } from '../../core/shape.js'
import { type Tensor, tensor } from '../../core/tensor.js'
import { LEAST_SCALE, largestStep, RANGE_STEPS, type WeightFormat } from '../../ops/kinds/quantization.js'
import { roundHalfToEven } from '../../ops/round.js'
import type { Range } from './ranges.js'

/** x = (q - zeroPoint) · scale with q in 0 .. 255. */
export interface ActivationParameters {
  scale: number
  zeroPoint: number
}

/** 8 unsigned bits over a range. Zero is among the numbers: padding, ReLU and dead channels need it exactly. */
export function activationParameters([min, max]: Range): ActivationParameters {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)]
  const scale = Math.fround((high - low) / RANGE_STEPS)
  if (!(scale > 0)) return { scale: Math.fround(1 / RANGE_STEPS), zeroPoint: 0 }
  return { scale, zeroPoint: Math.min(Math.max(roundHalfToEven(-low / scale), 0), RANGE_STEPS) }
}

/**
 * How weights are stored; symmetric in every form, so that no sum over activations has to be corrected.
 * int8: -127 .. 127. int7: -64 .. 64 in int8, so that two products of a byte and a weight fit into 16 bits.
 * uint8: 1 .. 255 around 128.
 */
export const formatFacts: Readonly<Record<WeightFormat, { dtype: 'int8' | 'uint8'; zeroPoint: number }>> = {
  int8: { dtype: 'int8', zeroPoint: 0 },
  int7: { dtype: 'int8', zeroPoint: 0 },
  uint8: { dtype: 'uint8', zeroPoint: 128 },
}

export interface QuantizedWeights {
  q: Tensor
  /** One for all, or one for each place along the axis. */
  scales: Float32Array
}

/** The largest magnitude at each place along `axis` (undefined: of all, one number). */
export function largestAlong({ data, shape }: Tensor, axis: number | undefined): Float64Array {
  const largest = new Float64Array(axis === undefined ? 1 : shape[axis]!)
  const at = placeAlong(shape, axis)
  ;(data as Float32Array).forEach((value, i) => {
    largest[at(i)] = Math.max(largest[at(i)]!, Math.abs(value))
  })
  return largest
}

/** The place along `axis` of element i; 0 without an axis. */
export function placeAlong(shape: readonly number[], axis: number | undefined): (i: number) => number {
  if (axis === undefined) return () => 0
  const stride = stridesOf(shape)[axis]!
  return i => Math.floor(i / stride) % shape[axis]!
}

/**
 * Weights by their largest magnitude, along `axis` (per channel) or all together. `leastScale` keeps a scale from
 * becoming so small that the bias, in units of it, leaves 32 bits.
 */
export function quantizeWeights(
  w: Tensor,
  axis: number | undefined,
  format: WeightFormat,
  leastScale: (place: number) => number = () => 0,
): QuantizedWeights {
  const { dtype, zeroPoint } = formatFacts[format]
  const largest = largestStep[format]
  const scales = Float32Array.from(largestAlong(w, axis), (magnitude, place) =>
    Math.max(magnitude / largest, leastScale(place), LEAST_SCALE),
  )
  const at = placeAlong(w.shape, axis)
  const q = tensor(dtype, w.shape)
  ;(w.data as Float32Array).forEach((value, i) => {
    const rounded = roundHalfToEven(value / scales[at(i)]!)
    q.data[i] = Math.min(Math.max(rounded, -largest), largest) + zeroPoint
  })
  return { q, scales }
}

/** What quantised weights stand for, as floats. */
export function dequantizeWeights(
  { q, scales }: QuantizedWeights,
  axis: number | undefined,
  format: WeightFormat,
): Tensor {
  const { zeroPoint } = formatFacts[format]
  const at = placeAlong(q.shape, axis)
  const data = Float32Array.from(
    { length: sizeOf(q.shape) },
    (_, i) => ((q.data[i] as number) - zeroPoint) * scales[at(i)]!,
  )
  return tensor('float32', q.shape, data)
}

/** int32 in units of (input scale · weight scale): what the integer kernel adds to its sums. */
export function quantizeBias(bias: ArrayLike<number>, scales: ArrayLike<number>): Int32Array {
  const LARGEST = 2 ** 31 - 1
  return Int32Array.from(bias, (value, i) => {
    const q = roundHalfToEven(value / scales[scales.length === 1 ? 0 : i]!)
    return Math.min(Math.max(q, -LARGEST), LARGEST)
  })
}
