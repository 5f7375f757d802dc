import { preprocess } from '../classifier/preprocess.js'
import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { type Tensor, tensor } from '../core/tensor.js'
import { createLoader } from '../data/loader.js'
import { Scope } from '../nn/scope.js'
import { Graph } from '../onnx/ir.js'
import { identity } from '../ops/identity.js'
import type { Session } from '../runtime/session.js'
import { compile, type Machine } from './compile.js'
import type { TrainingPlan } from './plan.js'
import type { WeightMap } from './weights.js'

/** Enough for a mean; all images of a large set would only cost time. */
const MEASURED_IMAGES = 10_000

interface StatisticsGraph {
  graph: Graph
  /** Names of statistics; the outputs are called `batch/NAME`. */
  statistics: readonly string[]
  random: readonly { name: string; shape: readonly number[] }[]
}

/** The training form of a network as far as its batch statistics: weights are inputs, nothing is learned. */
function buildStatistics({ layer, preprocess: given, training, batchSize }: MeasuredPlan): StatisticsGraph {
  const graph = new Graph('batch-statistics')
  const images = graph.input('images', 'uint8', [batchSize, ...training.shape])
  const scope = new Scope(graph, 'training', {
    parameter: ({ name, shape }) => graph.input(name, 'float32', shape),
    statistic: ({ name, shape }) => graph.input(name, 'float32', shape),
  })
  layer(preprocess(images, given), scope)
  for (const { spec, batch } of scope.statistics) graph.output(identity(batch), `batch/${spec.name}`)
  return {
    graph,
    statistics: scope.statistics.map(({ spec }) => spec.name),
    random: scope.randomBytes.map(({ name, shape }) => ({ name, shape: shape as number[] })),
  }
}

type MeasuredPlan = Pick<TrainingPlan, 'layer' | 'preprocess' | 'training' | 'batchSize' | 'seed'>

/**
 * Gives weights new running statistics: means over batches of training images, not augmented, in an order that the seed
 * fixes (Izmailov et al. 2018, section 3.2). A network without statistics is given back as it is.
 */
export function createStatisticsMeter(
  plan: MeasuredPlan,
  machine: Machine,
): (weights: WeightMap) => Promise<WeightMap> {
  const { training, batchSize, seed } = plan
  let made: { built: StatisticsGraph; session: Session } | undefined
  return async weights => {
    const built = made?.built ?? buildStatistics(plan)
    if (!built.statistics.length) return weights
    const session = made?.session ?? (await compile(built.graph, machine, { keepMemory: false }))
    made = { built, session }
    const feeds: Record<string, Tensor> = { images: tensor('uint8', [batchSize, ...training.shape]) }
    for (const { name } of session.inputs) if (weights.has(name)) feeds[name] = weights.get(name)!
    for (const { name, shape } of built.random) feeds[name] = tensor('uint8', shape)
    const sums = new Map(built.statistics.map(name => [name, new Float64Array(sizeOf(weights.get(name)!.shape))]))
    const loader = createLoader({ set: training, batchSize, seed, workers: 0 })
    const batches = Math.min(loader.stepsPerEpoch, Math.ceil(MEASURED_IMAGES / batchSize))
    for (let n = 0; n < batches; n++) {
      const batch = await loader.next()
      ;(feeds.images!.data as Uint8Array).set(batch.images)
      loader.release(batch)
      for (const { name } of built.random)
        randomStream(seed, 'statistics', n, name).fillBytes(feeds[name]!.data as Uint8Array)
      const outputs = await session.run(feeds)
      for (const [name, sum] of sums)
        (outputs[`batch/${name}`]!.data as Float32Array).forEach((value, i) => {
          sum[i]! += value / batches
        })
    }
    await loader.close()
    const measured = new Map(weights)
    for (const [name, sum] of sums)
      measured.set(name, tensor('float32', weights.get(name)!.shape, Float32Array.from(sum)))
    return measured
  }
}
