import type { Classifier } from '../../../classifier/classifier.js'
import { metadataKeys } from '../../../classifier/save.js'
import { foldBatchNormalization } from '../../../lower/fold-batch-normalization.js'
import { specialize } from '../../../lower/specialize.js'
import type { Graph } from '../../../onnx/ir.js'
import { decodeModel, encodeModel } from '../../../onnx/protobuf/index.js'
import { verifyGraph } from '../../../onnx/verify.js'
import { operators } from '../../../ops/index.js'
import type { WriteOptions } from '../../format.js'
import { halfPrecision } from './half-precision.js'
import { takeChannelsLast } from './image-input.js'
import { forOpset } from './older-opset.js'

/**
 * The classifier as one ONNX file: `images` uint8, [N, C, H, W] or [N, H, W, C] -> `probabilities` float32 [N, K],
 * pre-processing inside, batch normalisation folded into the convolutions, who made it in the metadata.
 */
export function writeOnnx(classifier: Classifier, options: WriteOptions): Uint8Array {
  const { graph, opset: ownOpset } = decodeModel(classifier.model, { operators })
  const opset = options.opset ?? ownOpset
  const { precision, layout, fixedBatch } = options
  const passes: ((graph: Graph) => Graph)[] = [
    foldBatchNormalization,
    ...(fixedBatch === undefined ? [] : [(g: Graph) => withBatch(g, fixedBatch)]),
    ...(precision === 'fp16' ? [halfPrecision] : []),
    ...(layout === 'nhwc' ? [takeChannelsLast] : []),
    g => forOpset(g, opset),
  ]
  const exported = passes.reduce((current, pass) => verifyGraph(pass(current)), graph)
  const { fovea: producerVersion } = classifier.provenance.versions ?? {}
  return encodeModel(exported, {
    opset,
    ...(producerVersion ? { producerVersion } : {}),
    docString: describe(classifier, options),
    metadata: metadataOf(classifier, options),
  })
}

const withBatch = (graph: Graph, images: number): Graph => {
  const named = graph.inputs[0]!.shape[0]!
  return typeof named === 'string' ? specialize(graph, { [named]: images }) : graph
}

const describe = ({ classNames, provenance }: Classifier, { layout, precision }: WriteOptions): string =>
  [
    `Image classifier, ${classNames.length} classes`,
    ...(provenance.recipe ? [`recipe ${provenance.recipe}`] : []),
    ...(provenance.dataset ? [`trained on ${provenance.dataset}`] : []),
    precision,
    `images: uint8 RGB 0..255, ${layout.toUpperCase()}; the pre-processing is in the graph`,
  ].join('; ')

/** Everything a reader needs to use the file without Fovea, and what Fovea needs to open it again. */
function metadataOf(classifier: Classifier, { layout, precision }: WriteOptions): Record<string, string> {
  const { classNames, preprocess, testTimeAugmentation, provenance } = classifier
  return {
    [metadataKeys.classNames]: JSON.stringify(classNames),
    ...(preprocess ? { [metadataKeys.preprocess]: JSON.stringify(preprocess) } : {}),
    [metadataKeys.testTimeAugmentation]: testTimeAugmentation,
    [metadataKeys.provenance]: JSON.stringify(provenance),
    [metadataKeys.layout]: layout,
    'fovea.precision': precision,
    ...(provenance.recipe ? { 'fovea.recipe': provenance.recipe } : {}),
    ...(typeof provenance.validationAccuracy === 'number'
      ? { 'fovea.validationAccuracy': String(provenance.validationAccuracy) }
      : {}),
  }
}
