/** Times the seed CNN in Fovea: fovea-seed.ts train|infer BATCH WARMUP (see answer.ts). */
import { compileClassifier } from '../src/classifier/compile.js'
import { buildInference } from '../src/classifier/inference-graph.js'
import { classifierOf } from '../src/classifier/load.js'
import { unitRange } from '../src/classifier/preprocess.js'
import { randomStream } from '../src/core/random.js'
import { tensor } from '../src/core/tensor.js'
import { categoricalCrossentropy } from '../src/nn/losses/categorical-crossentropy.js'
import { cifarCnn } from '../src/nn/models/cifar-cnn.js'
import { encodeModel } from '../src/onnx/protobuf/encode.js'
import { adam } from '../src/optim/adam.js'
import { compile } from '../src/train/compile.js'
import { buildStep } from '../src/train/step-graph.js'
import { StepRunner } from '../src/train/step-runner.js'
import { initialWeights } from '../src/train/weights.js'
import { answerTimings } from './answer.js'

const [job, ...numbers] = process.argv.slice(2)
const [batchSize, warmup] = numbers.map(Number) as [number, number]
const plan = buildStep({
  layer: cifarCnn(10),
  inputShape: [3, 32, 32],
  classes: 10,
  batchSize,
  preprocess: unitRange,
  loss: categoricalCrossentropy(),
  optimizer: adam(),
})
const weights = initialWeights(plan.parameters, plan.statistics, 1)
const images = new Uint8Array(batchSize * 3072)
randomStream(1, 'images').fillBytes(images)
const labels = Int32Array.from({ length: batchSize }, (_, i) => i % 10)

async function training(): Promise<(step: number) => Promise<unknown>> {
  const runner = new StepRunner(await compile(plan.graph, { device: 'cpu', threads: 2 }), plan, 1, weights)
  return step => runner.step({ images, labels, step, rateFactor: 1 })
}

async function inference(): Promise<() => Promise<unknown>> {
  const { graph } = buildInference({ layer: cifarCnn(10), inputShape: [3, 32, 32], preprocess: unitRange, weights })
  const session = await compileClassifier(classifierOf(encodeModel(graph)), { batchSize, threads: 2 })
  const feeds = { images: tensor('uint8', [batchSize, 3, 32, 32], images) }
  return () => session.run(feeds)
}

await answerTimings(warmup, await (job === 'train' ? training() : inference()))
