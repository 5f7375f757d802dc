/** Keras' `epsilon`: a probability of exactly 0 costs 16.1 nats, not infinity, and one image cannot own the mean. */
export const SMALLEST_PROBABILITY = 1e-7

/** Cross-entropy in nats of one image whose true class was given probability `p`. */
export const lossOf = (p: number): number => -Math.log(Math.min(1, Math.max(SMALLEST_PROBABILITY, p)))

/** Mean cross-entropy in nats; `probabilities` is [N, K] row-major, `labels` N true classes. */
export function crossEntropy(probabilities: Float32Array, labels: ArrayLike<number>, classCount: number): number {
  let sum = 0
  for (let i = 0; i < labels.length; i++) sum += lossOf(probabilities[i * classCount + labels[i]!]!)
  return sum / labels.length
}
