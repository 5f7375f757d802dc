import type { Classifier } from '../../classifier/classifier.js'
import { UsageError } from '../../core/errors.js'
import type { ImageSet } from '../../data/image-set.js'
import type { Graph, Value } from '../../onnx/ir.js'
import { decodeModel, encodeModel, scanModel } from '../../onnx/protobuf/index.js'
import { operators } from '../../ops/index.js'
import { QUANTIZATION_AWARE, type QuantizationAware } from '../../train/fake-quantization.js'
import { biasCorrections } from './bias-correction.js'
import { type CalibrateOptions, type CollectOptions, calibrate, type Ranges } from './calibrate.js'
import { equalize } from './equalize.js'
import { inputProducts } from './input-products.js'
import { quantizeWeights } from './parameters.js'
import { pixelForm } from './pixels.js'
import { planQuantization, type QuantizationPlan, readsPixels } from './plan.js'
import { prepare } from './prepare.js'
import { roundToOutputs } from './round-to-outputs.js'
import { type LayerSensitivity, layerSensitivities, signalToErrorDb, worstLayers } from './sensitivity.js'
import { Simulation, type SimulationRun } from './simulation.js'
import { type RoundedWeights, type WriteOptions, writeQdq } from './write-qdq.js'

/** Default: a scale for each channel, and int7: fast, and the same numbers on every CPU (docs/decisions says why). */
export interface QuantizeOptions extends Omit<CalibrateOptions, 'onProgress'>, Partial<QuantizationAware> {
  /** Share of the layers (0 to 1) that stay in float32: those that cost most (default 0). */
  mixed?: number
  /** Of the weights: so that a layer's outputs stay (default, see roundToOutputs), or each to its nearest integer. */
  rounding?: WeightRounding
  onProgress?: (stage: string, done: number, total: number) => void
}

export type WeightRounding = 'outputs' | 'nearest'

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
  options: QuantizeOptions = {},
): Promise<Quantized> {
  const {
    mixed = 0,
    rounding = 'outputs',
    onProgress,
    weights,
    format,
    ...measuring
  } = { ...QUANTIZATION_AWARE, ...options }
  const decoded = decodeModel(classifier.model, { operators })
  if (decoded.metadata[QUANTIZATION_KEY] !== undefined)
    throw new UsageError({
      where: 'quantize',
      expected: 'a classifier in float32',
      received: 'one that was quantised before',
      fix: 'give the model.onnx that it was made of',
    })
  if (!(mixed >= 0 && mixed < 1))
    throw new UsageError({
      where: 'mixed',
      expected: 'a share of the layers, 0 to less than 1',
      received: String(mixed),
    })
  const progress = (stage: string) => (done: number, total: number) => onProgress?.(stage, done, total)
  const graph = prepare(decoded.graph)
  const { method = 'mse', threads } = measuring
  const form = { format, weights }
  const attempt = async (candidate: Graph): Promise<Attempt> => {
    const plan = planQuantization(candidate)
    const ranges = await calibrate(candidate, images, { ...measuring, onProgress: progress('calibrating') })
    const collect = { ...(threads ? { threads } : {}), onProgress: progress('rounding weights') }
    const rounded = rounding === 'outputs' ? await roundedWeights(plan, images, form, collect) : undefined
    const writing = { ...form, ...(rounded ? { rounded } : {}) }
    const simulation = await Simulation.open(plan, ranges, images, { ...writing, ...(threads ? { threads } : {}) })
    return { plan, ranges, writing, simulation }
  }
  // One scale for each channel has no use for it, and the activations rather lose by it.
  const { plan, ranges, writing, simulation } = await better(
    await attempt(graph),
    weights === 'per-tensor' ? () => attempt(equalize(graph)) : undefined,
  )
  try {
    const sensitivities = await layerSensitivities(plan, simulation, progress('sensitivity of layers'))
    const inFloat = worstLayers(plan, sensitivities, mixed)
    const corrections = await usefulCorrections(plan, simulation, inFloat, progress('correcting biases'))
    const facts = { method, images: images.count, ...form, rounding, ...(mixed ? { mixed } : {}) }
    const metadata = { ...decoded.metadata, [QUANTIZATION_KEY]: JSON.stringify(facts) }
    const written = writeQdq(planQuantization(plan.graph, inFloat), ranges, { ...writing, corrections })
    const layers = sensitivities.map((layer, i) => ({ ...layer, inFloat: inFloat.has(plan.layers[i]!.weight) }))
    const model = encodeModel(written, { ...decoded, metadata })
    return { classifier: { ...classifier, model }, ranges, layers }
  } finally {
    await simulation.release()
  }
}

interface Attempt {
  plan: QuantizationPlan
  ranges: Ranges
  writing: WriteOptions
  simulation: Simulation
}

/** Weights of the layers that enough is known of; of those that read pixels in the form that they are stored in. */
async function roundedWeights(
  plan: QuantizationPlan,
  images: ImageSet,
  { weights, format }: QuantizationAware,
  options: CollectOptions,
): Promise<Map<Value, RoundedWeights>> {
  const form = plan.pixels && pixelForm(plan.pixels)
  const rounded = new Map<Value, RoundedWeights>()
  for await (const [layer, products] of inputProducts(plan, images, options)) {
    const { weight, axis } = layer
    const ofPixels = readsPixels(plan, layer)
    const w = ofPixels ? form!.rewrite(weight.constant!, []).w : weight.constant!
    const nearest = quantizeWeights(w, weights === 'per-channel' ? axis : undefined, format)
    rounded.set(weight, { ...roundToOutputs(w, axis, nearest, products, format), ofPixels })
  }
  return rounded
}

/** The one of two whose probabilities are nearer to those in float, on the calibration images. */
async function better(first: Attempt, other: (() => Promise<Attempt>) | undefined): Promise<Attempt> {
  if (!other) return first
  const second = await other()
  const [a, b] = [await qualityOf(first.simulation), await qualityOf(second.simulation)]
  const [kept, left] = a < b ? [second, first] : [first, second]
  await left.simulation.release()
  return kept
}

const qualityOf = async (simulation: Simulation, run: SimulationRun = { quantized: () => true }): Promise<number> =>
  signalToErrorDb((await simulation.exact()).probabilities, await simulation.predict(run))

/** Corrections of the biases; none where the means come right and the probabilities do not. */
async function usefulCorrections(
  plan: QuantizationPlan,
  simulation: Simulation,
  inFloat: ReadonlySet<Value>,
  onProgress: (done: number, total: number) => void,
): Promise<ReadonlyMap<Value, Float32Array>> {
  const corrections = await biasCorrections(plan, simulation, inFloat, onProgress)
  const quantized: SimulationRun['quantized'] = ({ weight }) => !inFloat.has(weight)
  const [plain, corrected] = [
    await qualityOf(simulation, { quantized }),
    await qualityOf(simulation, { quantized, corrections }),
  ]
  return corrected > plain ? corrections : new Map()
}
