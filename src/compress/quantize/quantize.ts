import type { Classifier } from '../../classifier/classifier.js'
import type { ImageSet } from '../../data/image-set.js'
import { decodeModel, encodeModel } from '../../onnx/protobuf/index.js'
import { operators } from '../../ops/index.js'
import { type CalibrateOptions, calibrate } from './calibrate.js'
import type { WeightFormat } from './parameters.js'
import { planQuantization } from './plan.js'
import { prepare } from './prepare.js'
import { writeQdq } from './write-qdq.js'

export interface QuantizeOptions extends CalibrateOptions {
  /** One scale for each output channel of a kernel (default), or one for all of it. */
  weights?: 'per-channel' | 'per-tensor'
  /** How weights are stored (default uint8: the same numbers on every CPU; docs/decisions says why). */
  format?: WeightFormat
}

/** Key of the file's metadata that says how it was quantised. */
export const QUANTIZATION_KEY = 'fovea.quantization'

/**
 * The integer twin of a classifier by static post-training quantisation (Jacob et al. 2018, arXiv 1712.05877): 8-bit
 * weights and activations, ranges from `images` (see calibrationImages). It is a classifier like any other: bytes in,
 * probabilities out, labels and provenance kept.
 * @throws FoveaError where the graph has operators without meaning here, or the images do not fit
 */
export async function quantizeClassifier(
  classifier: Classifier,
  images: ImageSet,
  { weights = 'per-channel', format = 'uint8', ...options }: QuantizeOptions = {},
): Promise<Classifier> {
  const decoded = decodeModel(classifier.model, { operators })
  const graph = prepare(decoded.graph)
  const plan = planQuantization(graph)
  const ranges = await calibrate(graph, images, options)
  const { method = 'mse' } = options
  const facts = { method, images: images.count, weights, format }
  const metadata = { ...decoded.metadata, [QUANTIZATION_KEY]: JSON.stringify(facts) }
  return { ...classifier, model: encodeModel(writeQdq(plan, ranges, { format, weights }), { ...decoded, metadata }) }
}
