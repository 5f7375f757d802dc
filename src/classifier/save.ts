import type { Tensor } from '../core/tensor.js'
import { writeFileAtomic } from '../host/index.js'
import { expandComposites } from '../lower/expand-composites.js'
import type { Layer } from '../nn/scope.js'
import { encodeModel } from '../onnx/protobuf/index.js'
import type { Classifier, Provenance } from './classifier.js'
import { buildInference } from './inference-graph.js'
import type { Preprocess } from './preprocess.js'
import type { TestTimeAugmentation } from './test-time-augmentation.js'

export interface ClassifierParts {
  layer: Layer
  inputShape: readonly [number, number, number]
  preprocess: Preprocess
  weights: ReadonlyMap<string, Tensor>
  classNames: readonly string[]
  provenance?: Provenance
  testTimeAugmentation?: TestTimeAugmentation
}

/** Keys of the file's metadata_props. */
export const metadataKeys = {
  classNames: 'fovea.classNames',
  preprocess: 'fovea.preprocess',
  testTimeAugmentation: 'fovea.testTimeAugmentation',
  provenance: 'fovea.provenance',
  /** Order of the image input, where it is not [N, C, H, W]: 'nhwc'. */
  layout: 'fovea.layout',
} as const

/** Builds the network as it ships: standard ONNX operators only, so that any runtime can load it. */
export function makeClassifier(parts: ClassifierParts): Classifier {
  const { classNames, inputShape, preprocess, provenance = {}, testTimeAugmentation = 'none' } = parts
  const graph = expandComposites(buildInference({ ...parts, testTimeAugmentation }).graph)
  const model = encodeModel(graph, {
    ...(provenance.versions?.fovea ? { producerVersion: provenance.versions.fovea } : {}),
    metadata: {
      [metadataKeys.classNames]: JSON.stringify(classNames),
      [metadataKeys.preprocess]: JSON.stringify(preprocess),
      [metadataKeys.testTimeAugmentation]: testTimeAugmentation,
      [metadataKeys.provenance]: JSON.stringify(provenance),
    },
  })
  return { model, classNames, inputShape, preprocess, testTimeAugmentation, provenance }
}

/** Writes a classifier as one ONNX file, whole or not at all. */
export const writeClassifier = (path: string, { model }: Classifier): Promise<void> => writeFileAtomic(path, model)
