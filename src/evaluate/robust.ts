/**
 * Statistics that a few wild values cannot move: training losses have heavy tails, and a single hard batch must not
 * look like a sick run.
 */

/** The middle value (mean of the middle two); NaN of nothing. */
export function median(values: ArrayLike<number>): number {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * Median absolute deviation scaled by 1.4826, the standard deviation it would be for normal data (Hampel, "The
 * influence curve and its role in robust estimation", JASA 69, 1974).
 */
export function robustDeviation(values: ArrayLike<number>): number {
  const centre = median(values)
  return 1.4826 * median(Array.from(values, value => Math.abs(value - centre)))
}

/** The trend: the median of each value's neighbourhood of `2 * reach + 1` values, fewer at both ends. */
export const runningMedian = (values: readonly number[], reach: number): number[] =>
  values.map((_, i) => median(values.slice(Math.max(0, i - reach), i + reach + 1)))

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
