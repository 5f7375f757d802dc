import type { Classifier } from '../../classifier/classifier.js'
import { UsageError } from '../../core/errors.js'
import type { ImageSet } from '../../data/image-set.js'
import { decodeModel, encodeModel, scanModel } from '../../onnx/protobuf/index.js'
import { operators } from '../../ops/index.js'
import { biasCorrections } from './bias-correction.js'
import { type CalibrateOptions, calibrate, type Ranges } from './calibrate.js'
import type { WeightFormat } from './parameters.js'
import { planQuantization } from './plan.js'
import { prepare } from './prepare.js'
import { type LayerSensitivity, layerSensitivities } from './sensitivity.js'
import { Simulation } from './simulation.js'
import { writeQdq } from './write-qdq.js'

export interface QuantizeOptions extends Omit<CalibrateOptions, 'onProgress'> {
  /** One scale for each output channel of a kernel (default), or one for all of it. */
  weights?: 'per-channel' | 'per-tensor'
  /** How weights are stored (default uint8: the same numbers on every CPU; docs/decisions says why). */
  format?: WeightFormat
  onProgress?: (stage: string, done: number, total: number) => void
}

export interface Quantized {
  classifier: Classifier
  /** [min, max] of every value that depends on the images. */
  ranges: Ranges
  /** What each layer alone costs, in the order of the network. */
  layers: LayerSensitivity[]
}

/** Key of the file's metadata that says how it was quantised. */
export const QUANTIZATION_KEY = 'fovea.quantization'

/** Whether the bytes are a classifier that was made here; bytes of anything else are not. */
export function isQuantized(model: Uint8Array): boolean {
  try {
    return scanModel(model).metadata[QUANTIZATION_KEY] !== undefined
  } catch {
    return false
  }
}

/**
 * The integer twin of a classifier by static post-training quantisation (Jacob et al. 2018, arXiv 1712.05877): 8-bit
 * weights and activations, ranges from `images` (see calibrationImages). It is a classifier like any other: bytes in,
 * probabilities out, labels and provenance kept.
 * @throws UsageError for a quantised classifier, FoveaError where the graph has operators without meaning here, or the
 * images do not fit
 */
export async function quantizeClassifier(
  classifier: Classifier,
  images: ImageSet,
  { weights = 'per-channel', format = 'uint8', onProgress, ...options }: QuantizeOptions = {},
): Promise<Quantized> {
  const decoded = decodeModel(classifier.model, { operators })
  if (decoded.metadata[QUANTIZATION_KEY] !== undefined)
    throw new UsageError({
      where: 'quantize',
      expected: 'a classifier in float32',
      received: 'one that was quantised before',
      fix: 'give the model.onnx that it was made of',
    })
  const progress = (stage: string) => (done: number, total: number) => onProgress?.(stage, done, total)
  const graph = prepare(decoded.graph)
  const plan = planQuantization(graph)
  const ranges = await calibrate(graph, images, { ...options, onProgress: progress('calibrating') })
  const { method = 'mse', threads } = options
  const form = { format, weights }
  const simulation = await Simulation.open(plan, ranges, images, { ...form, ...(threads ? { threads } : {}) })
  try {
    const layers = await layerSensitivities(plan, simulation, progress('sensitivity of layers'))
    const corrections = await biasCorrections(plan, simulation, progress('correcting biases'))
    const facts = { method, images: images.count, ...form }
    const metadata = { ...decoded.metadata, [QUANTIZATION_KEY]: JSON.stringify(facts) }
    const model = encodeModel(writeQdq(plan, ranges, { ...form, corrections }), { ...decoded, metadata })
    return { classifier: { ...classifier, model }, ranges, layers }
  } finally {
    await simulation.release()
  }
}
