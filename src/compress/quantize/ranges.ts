import { RANGE_STEPS } from '../../ops/kinds/quantization.js'
import type { Histogram } from './histogram.js'

export type Range = readonly [min: number, max: number]

export const calibrationMethods = ['minmax', 'entropy', 'percentile', 'mse'] as const
export type CalibrationMethod = (typeof calibrationMethods)[number]

export interface RangeOptions {
  method: CalibrationMethod
  /** For 'percentile': per cent of the values inside each end (default 99.99). */
  percentile?: number
}

/**
 * The range of a value that 8 bits should cover. Inside [min, max] of what was seen:
 * minmax: all of it;
 * percentile: all but the outermost values of each end;
 * mse: where the squared error of rounding and clipping together is least (Banner et al. 2019, arXiv 1810.05723);
 * entropy: where the distribution loses least by it, by Kullback-Leibler divergence (Migacz, "8-bit inference with
 * TensorRT", GTC 2017).
 */
export function rangeOf(histogram: Histogram, { method, percentile = 99.99 }: RangeOptions): Range {
  const { min, max, count, width } = histogram
  if (count === 0) return [0, 0]
  if (width === 0 || method === 'minmax') return [min, max]
  if (method === 'percentile') return percentileRange(histogram, percentile)
  return method === 'mse' ? leastSquaredError(histogram) : leastDivergence(histogram)
}

function percentileRange(histogram: Histogram, percentile: number): Range {
  const outside = (1 - percentile / 100) * histogram.count
  const clip = (x: number): number => Math.min(Math.max(x, histogram.min), histogram.max)
  return [clip(valueAtRank(histogram, outside)), clip(valueAtRank(histogram, histogram.count - outside))]
}

/** The value below which `rank` values lie, straight lines inside the bins. */
function valueAtRank(histogram: Histogram, rank: number): number {
  const { bins, zeros, width } = histogram
  let below = 0
  for (let i = 0; i < bins.length; i++) {
    const edge = histogram.edge(i)
    if (edge === 0) {
      if (rank <= below + zeros) return 0
      below += zeros
    }
    const inside = bins[i]!
    if (inside > 0 && rank <= below + inside) return edge + (width * Math.max(0, rank - below)) / inside
    below += inside
  }
  return histogram.max
}

const CANDIDATES = 100

function leastSquaredError(histogram: Histogram): Range {
  const error = squaredError(histogram)
  const candidates = (end: number): number[] =>
    Array.from({ length: CANDIDATES }, (_, k) => (end * (k + 1)) / CANDIDATES)
  const lows = histogram.min < 0 ? candidates(histogram.min) : [0]
  const highs = histogram.max > 0 ? candidates(histogram.max) : [0]
  let best: Range = [histogram.min, histogram.max]
  let least = Number.POSITIVE_INFINITY
  for (const low of lows)
    for (const high of highs) {
      const e = error(low, high)
      if (e < least) [best, least] = [[low, high], e]
    }
  return best
}

/** E(low, high) = Δ²/12 for every value inside (none for exact zeros) + the squared distance of those outside. */
function squaredError(histogram: Histogram): (low: number, high: number) => number {
  const { bins, width } = histogram
  /** Count, Σ x and Σ x² of the bins before i, each value taken at the middle of its bin. */
  const sums = [0, 1, 2].map(() => new Float64Array(bins.length + 1)) as [Float64Array, Float64Array, Float64Array]
  bins.forEach((n, i) => {
    const x = histogram.edge(i) + width / 2
    sums.forEach((sum, power) => {
      sum[i + 1] = sum[i]! + n * x ** power
    })
  })
  const between = (from: number, to: number, centre: number): number => {
    const [n, first, second] = sums.map(sum => sum[to]! - sum[from]!) as [number, number, number]
    return Math.max(0, second - 2 * centre * first + centre * centre * n)
  }
  const last = bins.length
  return (low, high) => {
    const step = (high - low) / RANGE_STEPS
    const from = Math.max(0, Math.round(low / width) + last / 2)
    const to = Math.min(last, Math.round(high / width) + last / 2)
    const inside = sums[0][to]! - sums[0][from]!
    return (inside * step * step) / 12 + between(0, from, low) + between(to, last, high)
  }
}

/** Thresholds are tried in steps of this many bins: finer ones give the same range to a quarter of a per cent. */
const THRESHOLD_STEP = 8

function leastDivergence(histogram: Histogram): Range {
  const { min, max, width } = histogram
  const bins = histogram.magnitudes()
  // One side of zero has all the levels to itself; two share them.
  const levels = min < 0 && max > 0 ? 128 : 256
  const used = bins.findLastIndex(n => n > 0) + 1
  let [best, least] = [used, Number.POSITIVE_INFINITY]
  for (let kept = levels; kept <= used; kept += THRESHOLD_STEP) {
    const d = divergence(bins, kept, levels)
    if (d < least) [best, least] = [kept, d]
  }
  return [Math.max(min, -best * width), Math.min(max, best * width)]
}

/** A part of a distribution that the other does not have counts as this share of it. */
const LEAST_SHARE = 1e-9

/**
 * KL(P ‖ Q): P the first `kept` bins with everything beyond in the last of them, Q the same bins in `levels` steps,
 * each step spread evenly over its bins that hold something.
 */
export function divergence(bins: Float64Array, kept: number, levels: number): number {
  let total = 0
  let inside = 0
  bins.forEach((n, i) => {
    total += n
    if (i < kept) inside += n
  })
  let sum = 0
  for (let level = 0; level < levels; level++) {
    const from = Math.floor((level * kept) / levels)
    const to = Math.floor(((level + 1) * kept) / levels)
    let [mass, holding] = [0, 0]
    for (let i = from; i < to; i++) {
      mass += bins[i]!
      if (bins[i]! > 0) holding++
    }
    for (let i = from; i < to; i++) {
      const p = (bins[i]! + (i === kept - 1 ? total - inside : 0)) / total
      if (p === 0) continue
      const q = bins[i]! > 0 ? mass / holding / inside : LEAST_SHARE
      sum += p * Math.log(p / q)
    }
  }
  return sum
}
