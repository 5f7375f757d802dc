import type { ReliabilityBin } from './result.js'

/**
 * Sorts predictions by confidence into equal-width bins (lower, upper], as in Guo, Pleiss, Sun, Weinberger, "On
 * Calibration of Modern Neural Networks", ICML 2017, section 2. A confidence of exactly 0 falls into the first bin.
 * @param confidences probability of the predicted class, N of them, in [0, 1]
 * @param right whether the prediction was right, N of them
 */
export function reliabilityBins(
  confidences: ArrayLike<number>,
  right: ArrayLike<boolean>,
  bins = 15,
): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }))
  for (let i = 0; i < confidences.length; i++) {
    const place = Math.min(bins - 1, Math.max(0, Math.ceil(confidences[i]! * bins) - 1))
    const bin = sums[place]!
    bin.count++
    bin.confidence += confidences[i]!
    if (right[i]) bin.right++
  }
  return sums.map(({ count, confidence, right }, place) => ({
    lower: place / bins,
    upper: (place + 1) / bins,
    count,
    confidence: count === 0 ? 0 : confidence / count,
    accuracy: count === 0 ? 0 : right / count,
  }))
}

/** Expected calibration error (Guo et al. 2017, eq. 3): mean distance of accuracy from confidence, weighted by count. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0)
  if (total === 0) return 0
  return bins.reduce((sum, bin) => sum + (bin.count / total) * Math.abs(bin.accuracy - bin.confidence), 0)
}
