import { lossOf } from './cross-entropy.js'
import type { Mistake } from './result.js'

/** Every wrong answer, in the order of the images. `probabilities` is [N, K] row-major. */
export function mistakesOf(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classCount: number,
): Mistake[] {
  const mistakes: Mistake[] = []
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!
    const choice = predicted[index]!
    if (choice === label) continue
    const labelProbability = probabilities[index * classCount + label]!
    const confidence = probabilities[index * classCount + choice]!
    mistakes.push({ index, label, predicted: choice, confidence, labelProbability, loss: lossOf(labelProbability) })
  }
  return mistakes
}

/** The `limit` mistakes with the highest loss; equal losses (the clamp makes many) keep the order of the images. */
export const worstMistakes = (mistakes: readonly Mistake[], limit = 50): Mistake[] =>
  [...mistakes].sort((a, b) => b.loss - a.loss || a.index - b.index).slice(0, limit)

/** The `limit` mistakes made with the highest confidence; equal ones keep the order of the images. */
export const confidentMistakes = (mistakes: readonly Mistake[], limit = 50): Mistake[] =>
  [...mistakes].sort((a, b) => b.confidence - a.confidence || a.index - b.index).slice(0, limit)
