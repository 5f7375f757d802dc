import { buildInference } from '../classifier/inference-graph.js'
import { type Tensor, tensor } from '../core/tensor.js'
import type { ImageSet } from '../data/image-set.js'
import { evaluationBatches } from '../data/loader.js'
import type { Value } from '../onnx/ir.js'
import { cast } from '../ops/cast.js'
import { concat } from '../ops/concat.js'
import { equal } from '../ops/equal.js'
import { scalarLike } from '../ops/kinds/scalar-like.js'
import { mul } from '../ops/mul.js'
import { reduceMean } from '../ops/reduce-mean.js'
import { reshape } from '../ops/reshape.js'
import { sub } from '../ops/sub.js'
import type { Session } from '../runtime/session.js'
import { compile, type Machine } from './compile.js'
import type { ActivationStatistics } from './events.js'
import type { Validation } from './fit-host.js'
import type { TrainingPlan } from './plan.js'
import type { WeightMap } from './weights.js'

/** A larger one needs more memory beside that of the step. */
const BATCH = 50
const WATCHED = 50

/** A probability below this counts as this: one image cannot make the mean infinite. */
const LEAST = 1e-7

/**
 * Scores weights on the validation images. Both graphs take the weights as inputs and are compiled once, when first
 * used: a session for each epoch would leak.
 */
export function createValidator(
  plan: Pick<TrainingPlan, 'layer' | 'preprocess'>,
  set: ImageSet,
  machine: Machine,
): (weights: WeightMap) => Promise<Validation> {
  const batchSize = Math.min(BATCH, set.count)
  const watched = Math.min(WATCHED, set.count)
  const inference = {
    layer: plan.layer,
    preprocess: plan.preprocess,
    inputShape: set.shape,
    weights: 'inputs' as const,
  }
  let made: Promise<{ score: Session; watch: Session; layers: { layer: string; output: string }[] }> | undefined
  // Both run now and then: what they kept would only lie there (60 MB more from epoch 2 on).
  const rare = { keepMemory: false }
  const make = async () => {
    const watching = buildInference({ ...inference, batchSize: watched, exposeLayers: statistics })
    return {
      score: await compile(buildInference({ ...inference, batchSize }).graph, machine, rare),
      watch: await compile(watching.graph, machine, rare),
      layers: watching.exposed,
    }
  }
  return async weights => {
    const { score, watch, layers } = await (made ??= make())
    const held = Object.fromEntries(weights)
    const result = await scoreAll(score, held, set, batchSize)
    // A copy: the runtime refuses memory that threads share.
    const first = set.images.slice(0, (watched * set.images.length) / set.count)
    const images = tensor('uint8', [watched, ...set.shape], first)
    const outputs = await watch.run({ ...only(watch, held), images })
    const activations = layers.map(({ layer, output }) => statisticsOf(layer, outputs[output]!))
    return { ...result, activations }
  }
}

/** A graph takes only the weights that its layers read. */
const only = (session: Session, held: Record<string, Tensor>): Record<string, Tensor> =>
  Object.fromEntries(session.inputs.flatMap(({ name }) => (held[name] ? [[name, held[name]]] : [])))

async function scoreAll(
  session: Session,
  held: Record<string, Tensor>,
  set: ImageSet,
  batchSize: number,
): Promise<{ loss: number; accuracy: number }> {
  const classes = set.classNames.length
  const images = tensor('uint8', [batchSize, ...set.shape])
  const probabilities = tensor('float32', [batchSize, classes])
  const feeds = { ...only(session, held), images }
  let loss = 0
  let correct = 0
  for (const batch of evaluationBatches(set, batchSize)) {
    ;(images.data as Uint8Array).set(batch.images)
    await session.run(feeds, { probabilities })
    const rows = probabilities.data as Float32Array
    for (let i = 0; i < batch.count; i++) {
      const row = rows.subarray(i * classes, (i + 1) * classes)
      const label = batch.labels[i]!
      // Not Math.max: a NaN must stay one.
      loss -= Math.log(row[label]! < LEAST ? LEAST : row[label]!)
      let best = 0
      for (let c = 1; c < classes; c++) if (row[c]! > row[best]!) best = c
      if (best === label) correct++
    }
  }
  return { loss: loss / set.count, accuracy: correct / set.count }
}

/** [mean, variance, share of exact zeros] of a layer's output: three numbers leave the graph, and not megabytes. */
function statistics(x: Value): Value {
  const mean = reduceMean(x)
  const centred = sub(x, mean)
  const zeros = cast(equal(x, scalarLike(x, 0)), 'float32')
  const flat = (value: Value): Value => reshape(value, [1])
  return concat([flat(mean), flat(reduceMean(mul(centred, centred))), flat(reduceMean(zeros))], 0)
}

function statisticsOf(layer: string, { data }: Tensor): ActivationStatistics {
  const [mean, variance, zeroFraction] = data as Float32Array
  return { layer, mean: mean!, standardDeviation: Math.sqrt(variance!), zeroFraction: zeroFraction! }
}
