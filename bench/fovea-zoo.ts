/** Times a training step of a network of the zoo: fovea-zoo.ts MODEL_JSON SIZE BATCH WARMUP sgd|muon (see answer.ts). */
import { unitRange } from '../src/classifier/preprocess.js'
import { randomStream } from '../src/core/random.js'
import { categoricalCrossentropy } from '../src/nn/losses/categorical-crossentropy.js'
import { muon } from '../src/optim/muon.js'
import { sgd } from '../src/optim/sgd.js'
import { compile } from '../src/train/compile.js'
import { buildModel, modelSchema } from '../src/train/models/index.js'
import { buildStep } from '../src/train/step-graph.js'
import { StepRunner } from '../src/train/step-runner.js'
import { initialWeights } from '../src/train/weights.js'
import { answerTimings } from './answer.js'

const [model, ...rest] = process.argv.slice(2)
const [size, batchSize, warmup] = rest.map(Number) as [number, number, number]
const descent = sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true })
const plan = buildStep({
  layer: buildModel(modelSchema.parse(JSON.parse(model!)), 10),
  inputShape: [3, size, size],
  classes: 10,
  batchSize,
  preprocess: unitRange,
  loss: categoricalCrossentropy(),
  optimizer: rest[3] === 'muon' ? muon({ others: descent }) : descent,
})
const images = new Uint8Array(batchSize * 3 * size * size)
randomStream(1, 'images').fillBytes(images)
const labels = Int32Array.from({ length: batchSize }, (_, i) => i % 10)
const session = await compile(plan.graph, { device: 'cpu', threads: 2 })
const runner = new StepRunner(session, plan, 1, initialWeights(plan.parameters, plan.statistics, 1))
await answerTimings(warmup, step => runner.step({ images, labels, step, rateFactor: 1 }))
