import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { tensor } from '../../core/tensor.js'
import { largestStep, weightFormats } from '../../ops/kinds/quantization.js'
import { activationParameters, dequantizeWeights, formatFacts, quantizeBias, quantizeWeights } from './parameters.js'

const stream = randomStream(9, 'parameters')
/** Channels of very different size, one of them dead. */
const sizes = [1, 0.01, 0, 7]
const w = tensor(
  'float32',
  [4, 3, 2, 2],
  Float32Array.from({ length: 48 }, (_, i) => sizes[Math.floor(i / 12)]! * stream.normal()),
)

/** The largest distance between a weight and what is stored for it, in parts of the step of its channel. */
function largestError(axis: number | undefined, format: (typeof weightFormats)[number]): number {
  const quantized = quantizeWeights(w, axis, format)
  const back = dequantizeWeights(quantized, axis, format)
  return Math.max(
    ...Array.from(w.data as Float32Array, (value, i) => {
      const step = quantized.scales[axis === undefined ? 0 : Math.floor(i / 12)]!
      return Math.abs(value - (back.data[i] as number)) / step
    }),
  )
}

describe('activationParameters', () => {
  it('covers the range and represents zero exactly', () => {
    for (const [min, max] of [
      [0, 6],
      [-1, 3],
      [2, 5],
      [-4, -1],
      [-1e-3, 1e3],
    ] as const) {
      const { scale, zeroPoint } = activationParameters([min, max])
      expect(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255).toBe(true)
      expect((255 - zeroPoint) * scale).toBeGreaterThanOrEqual(max - scale / 2)
      expect(-zeroPoint * scale).toBeLessThanOrEqual(min + scale / 2)
    }
    expect(activationParameters([0, 2.55]).zeroPoint).toBe(0)
  })

  it('gives a scale that can be divided by where nothing was seen', () => {
    expect(activationParameters([0, 0]).scale).toBeGreaterThan(0)
  })
})

describe('quantizeWeights', () => {
  it.each(weightFormats)('%s: no weight is off by more than half a step, symmetric and in its limits', format => {
    expect(largestError(0, format)).toBeLessThanOrEqual(0.5 + 1e-6)
    expect(largestError(undefined, format)).toBeLessThanOrEqual(0.5 + 1e-6)
    const { zeroPoint } = formatFacts[format]
    const stored = Array.from(quantizeWeights(w, 0, format).q.data as ArrayLike<number>, q => q - zeroPoint)
    expect(Math.max(...stored.map(Math.abs))).toBe(largestStep[format])
  })

  it('keeps the sum of two products of int7 weights and bytes inside of 16 bits', () => {
    expect(2 * 255 * largestStep.int7).toBeLessThan(2 ** 15)
    expect(2 * 255 * largestStep.int8).toBeGreaterThan(2 ** 15)
  })

  it('keeps a bias inside of 32 bits where a channel is nearly dead', () => {
    const { scales } = quantizeWeights(w, 0, 'uint8', () => 5 / 2 ** 30)
    const [, , dead] = quantizeBias([5, 5, 5, 5], scales)
    expect(Math.abs(dead! * scales[2]! - 5)).toBeLessThan(1e-6)
    // Planted: without the floor it leaves them.
    const [, , lost] = quantizeBias([5, 5, 5, 5], quantizeWeights(w, 0, 'uint8').scales)
    expect(Math.abs(lost! * quantizeWeights(w, 0, 'uint8').scales[2]! - 5)).toBeGreaterThan(1)
  })
})
