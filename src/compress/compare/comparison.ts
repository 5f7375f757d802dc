import type { TestTimeAugmentation } from '../../classifier/test-time-augmentation.js'
import type { FileFacts } from './file-facts.js'
import type { Measured } from './measure-latency.js'

/** One classifier of a comparison. */
export interface ComparedClassifier extends FileFacts, Measured {
  /** As it was given: run directory or file. */
  path: string
  /** Short and unlike the others. */
  name: string
  accuracy: number
  /** Wilson score interval at 95 %. */
  accuracyInterval: [number, number]
  /** Views that were averaged: part of accuracy, multiply-adds and latency alike. */
  testTimeAugmentation: TestTimeAugmentation
}

/** What `fovea compare --json` prints. */
export interface Comparison {
  dataset: string
  /** Test images of every accuracy. */
  count: number
  threads: number
  classifiers: ComparedClassifier[]
}
