/**
 * What the rows of a probability matrix say. `probabilities` is [N, K] row-major throughout. Where two classes are
 * equally probable the one with the lower number stands first, so that ties fall the same way on every machine.
 */

/** The most probable class of each of the N rows. */
export function predictedClasses(probabilities: Float32Array, classCount: number): Int32Array {
  const predicted = new Int32Array(probabilities.length / classCount)
  for (let i = 0; i < predicted.length; i++) {
    let best = i * classCount
    for (let j = best + 1; j < (i + 1) * classCount; j++) if (probabilities[j]! > probabilities[best]!) best = j
    predicted[i] = best - i * classCount
  }
  return predicted
}

/** Place of the true class in row `row`, counted from 0: how many classes stand before it. */
function rankOfLabel(probabilities: Float32Array, classCount: number, row: number, label: number): number {
  const start = row * classCount
  const own = probabilities[start + label]!
  let rank = 0
  for (let c = 0; c < classCount; c++) {
    const other = probabilities[start + c]!
    if (other > own || (other === own && c < label)) rank++
  }
  return rank
}

/** Share of rows whose true class is among the k most probable; 1 where k >= K. */
export function topK(probabilities: Float32Array, labels: ArrayLike<number>, classCount: number, k: number): number {
  let right = 0
  for (let i = 0; i < labels.length; i++) if (rankOfLabel(probabilities, classCount, i, labels[i]!) < k) right++
  return right / labels.length
}
