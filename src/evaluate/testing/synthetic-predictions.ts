/** Probabilities that no network gave, for tests: right with the recall asked for, calibrated, and alike where alike. */
import { type RandomStream, randomStream } from '../../core/random.js'
import type { Predictions } from '../evaluate-probabilities.js'
import { cifarClasses } from './synthetic-run.js'

export interface SyntheticPredictions {
  seed?: number
  perClass?: number
  /** Recall of each class. */
  recalls?: readonly number[]
  /** The confidence shown is the honest one to this power: below 1 over-confident, above 1 modest. */
  sureness?: number
}

/** The look-alike of each CIFAR-10 class, which takes most of its mistakes. */
const lookAlike = [8, 9, 4, 5, 7, 3, 3, 4, 0, 1]

export const cifarRecalls = [0.86, 0.91, 0.75, 0.66, 0.8, 0.74, 0.88, 0.86, 0.9, 0.89]

/** Mostly sure, sometimes not; the mean is the recall, so that the outcome drawn from it makes the class calibrated. */
function drawConfidence(recall: number, random: RandomStream): number {
  const sure = (recall - 0.625) / 0.345
  if (sure <= 0) return Math.max(0.35, recall + random.uniform(-0.2, 0.2))
  return random.chance(sure) ? random.uniform(0.94, 1) : random.uniform(0.35, 0.9)
}

export function syntheticPredictions(options: SyntheticPredictions = {}): Predictions {
  const { seed = 1, perClass = 1000, recalls = cifarRecalls, sureness = 1 } = options
  const random = randomStream(seed, 'synthetic predictions')
  const classCount = cifarClasses.length
  const labels = Uint8Array.from({ length: perClass * classCount }, (_, i) => i % classCount)
  const probabilities = new Float32Array(labels.length * classCount)
  for (const [i, label] of labels.entries()) {
    const confidence = drawConfidence(recalls[label]!, random)
    const right = random.chance(confidence)
    const other = random.chance(0.7) ? lookAlike[label]! : (label + 1 + random.integer(classCount - 1)) % classCount
    const shown = Math.max(0.35, confidence ** sureness)
    const predicted = right ? label : other
    const second = right || random.chance(0.2) ? (predicted + 1 + random.integer(classCount - 1)) % classCount : label
    const weights = Array.from({ length: classCount }, (_, c) => (c === second ? 2 : random.uniform(0, 0.3)))
    weights[predicted] = 0
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    for (let c = 0; c < classCount; c++)
      probabilities[i * classCount + c] = c === predicted ? shown : ((1 - shown) * weights[c]!) / total
  }
  return { probabilities, labels, classNames: cifarClasses, dataset: 'cifar10', split: 'test' }
}
