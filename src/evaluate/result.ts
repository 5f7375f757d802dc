import type { TestTimeAugmentation } from '../classifier/test-time-augmentation.js'

/** What an evaluation says; this is the JSON of `fovea evaluate --json` and of `evaluation.json` in a run. */
export interface ClassResult {
  name: string
  precision: number
  recall: number
  f1: number
  /** Images of this class. */
  support: number
}

export interface Mistake {
  /** Index of the image in its split. */
  index: number
  label: number
  predicted: number
  /** Probability given to the predicted and to the true class. */
  confidence: number
  labelProbability: number
  /** Cross-entropy of this image, in nats. */
  loss: number
}

/** One bar of a reliability diagram: the predictions whose confidence lies in (lower, upper]. */
export interface ReliabilityBin {
  lower: number
  upper: number
  count: number
  /** Mean confidence and share of right answers of the bin; both 0 where the bin is empty. */
  confidence: number
  accuracy: number
}

export interface EvaluationResult {
  dataset: string
  split: 'test' | 'validation' | 'train'
  count: number
  accuracy: number
  /** Wilson score interval of the accuracy at 95 %. */
  accuracyInterval: [number, number]
  top5: number
  /** Mean cross-entropy, in nats. */
  loss: number
  classNames: string[]
  perClass: ClassResult[]
  /** confusion[true][predicted], counts. */
  confusion: number[][]
  /** Unordered pairs by how often one is taken for the other, most first, at most 20; pairs never confused are absent. */
  mostConfused: { classes: [string, string]; count: number }[]
  /** Expected calibration error, 15 equal-width bins. */
  calibrationError: number
  /** Mean probability of the predicted class; above `accuracy` the network is over-confident, below it under-confident. */
  meanConfidence: number
  reliability: ReliabilityBin[]
  /** Highest loss first, at most 50. */
  worstMistakes: Mistake[]
  /** Highest confidence in a wrong class first, at most 50. */
  confidentMistakes: Mistake[]
  /** Views whose probabilities were averaged. */
  testTimeAugmentation: TestTimeAugmentation
}
