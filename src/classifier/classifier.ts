import type { Preprocess } from './preprocess.js'
import type { TestTimeAugmentation } from './test-time-augmentation.js'

/** Where a classifier comes from: plain JSON, written into the file. */
export interface Provenance {
  recipe?: string
  seed?: number
  dataset?: string
  /** Which weights of the run these are. */
  weights?: string
  weightsSha256?: string
  steps?: number
  validationAccuracy?: number | null
  versions?: Record<string, string>
}

/** Inference graph, weights, labels, pre-processing and provenance: what rooms hand each other after training. */
export interface Classifier {
  /** ONNX file: `images` uint8 [N, C, H, W] -> `probabilities` float32 [N, K]; pre-processing inside. */
  readonly model: Uint8Array
  readonly classNames: readonly string[]
  /** [C, H, W]. */
  readonly inputShape: readonly [number, number, number]
  /** What the graph does to the bytes first; for people and exporters, not to be applied again. */
  readonly preprocess: Preprocess | undefined
  readonly testTimeAugmentation: TestTimeAugmentation
  readonly provenance: Provenance
}
