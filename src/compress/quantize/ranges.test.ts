import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { Histogram } from './histogram.js'
import { divergence, type Range, rangeOf } from './ranges.js'

const stream = randomStream(3, 'ranges')
const normals = Float32Array.from({ length: 6000 }, () => stream.normal())
/** What a ReLU makes of them, and one value far out. */
const rectified = Float32Array.from(normals, x => Math.max(x, 0))
rectified[7] = 40
const skewed = Float32Array.from(normals, x => (x < 0 ? x / 3 : x * x))

const histogramOf = (...parts: readonly Float32Array[]): Histogram => {
  const histogram = new Histogram()
  for (const part of parts) histogram.add(part)
  return histogram
}

/** Σ (x - x̂)² of an 8-bit quantisation of these very values, zero represented exactly. */
function quantizationError(values: Float32Array, [low, high]: Range): number {
  const step = (high - low) / 255
  const zero = Math.round(-low / step)
  return values.reduce((sum, x) => {
    const q = Math.min(Math.max(Math.round(x / step) + zero, 0), 255)
    return sum + (x - (q - zero) * step) ** 2
  }, 0)
}

describe('Histogram', () => {
  it('holds the same counts, in whatever order the large values come', () => {
    const ordered = Float32Array.from(skewed).sort((a, b) => Math.abs(a) - Math.abs(b))
    const pieces = Array.from({ length: 20 }, (_, i) => ordered.slice(i * 300, (i + 1) * 300))
    const grown = histogramOf(...pieces)
    const atOnce = histogramOf(ordered)
    expect(grown.width).toBe(atOnce.width)
    expect(grown.bins).toEqual(atOnce.bins)
    expect(grown.bins.reduce((sum, n) => sum + n, 0) + grown.zeros).toBe(6000)
    expect([grown.min, grown.max]).toEqual([ordered.reduce((a, b) => Math.min(a, b)), ordered.at(-1)])
  })

  it('puts every value between the edges of its bin', () => {
    for (const x of skewed.slice(0, 200)) {
      const histogram = histogramOf(Float32Array.of(x))
      const i = histogram.bins.indexOf(1)
      expect(histogram.edge(i)).toBeLessThanOrEqual(x)
      expect(histogram.edge(i + 1)).toBeGreaterThan(x)
      expect(histogram.width / Math.abs(x)).toBeLessThan(1 / 2000)
    }
  })

  it('refuses what is not a number, by the name of the value', () => {
    expect(() => new Histogram().add(Float32Array.of(1, Number.NaN), 'conv2d/Conv')).toThrow(
      "calibration of 'conv2d/Conv': expected finite values, received NaN",
    )
    expect(() => new Histogram().add(Float32Array.of(Number.NEGATIVE_INFINITY))).toThrow('received -Infinity')
  })
})

describe('rangeOf', () => {
  it('minmax is what was seen', () => {
    const values = Array.from(skewed)
    expect(rangeOf(histogramOf(skewed), { method: 'minmax' })).toEqual([Math.min(...values), Math.max(...values)])
    expect(rangeOf(histogramOf(new Float32Array(5)), { method: 'mse' })).toEqual([0, 0])
    expect(rangeOf(new Histogram(), { method: 'entropy' })).toEqual([0, 0])
  })

  it.each([90, 99, 99.9])('percentile %d is the one of the sorted values', percentile => {
    for (const values of [normals, rectified, skewed]) {
      const histogram = histogramOf(values)
      const sorted = Float32Array.from(values).sort()
      const outside = Math.round((1 - percentile / 100) * values.length)
      const [low, high] = rangeOf(histogram, { method: 'percentile', percentile })
      const last = values.length - 1
      expect(low).toBeGreaterThan(sorted[outside - 1]! - histogram.width)
      expect(low).toBeLessThan(sorted[outside + 1]! + histogram.width)
      expect(high).toBeGreaterThan(sorted[last - outside - 1]! - histogram.width)
      expect(high).toBeLessThan(sorted[last - outside + 1]! + histogram.width)
      // Planted: a rank that is off by half is seen.
      expect(high).toBeLessThan(sorted[last - Math.floor(outside / 2)]! - histogram.width)
    }
  })

  it('mse comes within a few per cent of the best of all ranges, measured on the values themselves', () => {
    for (const values of [normals, rectified, skewed]) {
      const chosen = quantizationError(values, rangeOf(histogramOf(values), { method: 'mse' }))
      const all = rangeOf(histogramOf(values), { method: 'minmax' })
      let best = Number.POSITIVE_INFINITY
      for (let k = 2; k <= 20; k++)
        for (let j = all[0] === 0 ? 20 : 2; j <= 20; j++)
          best = Math.min(best, quantizationError(values, [(all[0] * j) / 20, (all[1] * k) / 20]))
      expect(chosen).toBeLessThan(1.05 * best)
    }
    const [low, high] = rangeOf(histogramOf(skewed), { method: 'mse' })
    // Planted: a range that is a quarter too wide is seen.
    expect(quantizationError(skewed, [low * 1.25, high * 1.25])).toBeGreaterThan(
      1.05 * quantizationError(skewed, [low, high]),
    )
  })

  it('entropy clips an outlier, and keeps what is evenly spread', () => {
    const [low, high] = rangeOf(histogramOf(rectified), { method: 'entropy' })
    expect(low).toBe(0)
    expect(high).toBeLessThan(8)
    expect(high).toBeGreaterThan(2)
    const even = Float32Array.from({ length: 200_000 }, (_, i) => ((i + 0.5) / 200_000) * 3)
    expect(rangeOf(histogramOf(even), { method: 'entropy' })[1]).toBeGreaterThan(2.9)
    const [from, to] = rangeOf(histogramOf(normals), { method: 'entropy' })
    expect(Math.abs(from)).toBeGreaterThan(2)
    expect(to).toBeLessThanOrEqual(normals.reduce((a, b) => Math.max(a, b)))
  })
})

/** KL(P ‖ Q) from its definition: both distributions written out as lists of probabilities. */
function divergenceByDefinition(bins: readonly number[], kept: number, levels: number): number {
  const p = bins.slice(0, kept)
  p[kept - 1]! += bins.slice(kept).reduce((sum, n) => sum + n, 0)
  const q: number[] = []
  for (let level = 0; level < levels; level++) {
    const part = bins.slice(Math.floor((level * kept) / levels), Math.floor(((level + 1) * kept) / levels))
    const holding = part.filter(n => n > 0).length
    const mean = part.reduce((sum, n) => sum + n, 0) / Math.max(1, holding)
    q.push(...part.map(n => (n > 0 ? mean : 0)))
  }
  const [totalP, totalQ] = [p, q].map(list => list.reduce((sum, n) => sum + n, 0)) as [number, number]
  return p.reduce(
    (sum, n, i) => (n === 0 ? sum : sum + (n / totalP) * Math.log(n / totalP / (q[i]! === 0 ? 1e-9 : q[i]! / totalQ))),
    0,
  )
}

describe('divergence', () => {
  const bins = Array.from({ length: 60 }, (_, i) => (i % 7 === 3 ? 0 : Math.round(900 * Math.exp(-i / 9)) + (i % 3)))
  it.each([
    [60, 8],
    [40, 8],
    [33, 16],
    [24, 7],
  ])('of %i bins in %i levels is that of the definition', (kept, levels) => {
    const expected = divergenceByDefinition(bins, kept, levels)
    expect(divergence(Float64Array.from(bins), kept, levels)).toBeCloseTo(expected, 12)
    // Planted: one level more or less is another number.
    expect(Math.abs(divergence(Float64Array.from(bins), kept, levels + 1) - expected)).toBeGreaterThan(1e-6)
  })
})
