/**
 * Three steps of a deep plain network; prints the bytes by which they made the process grow at its peak.
 * Usage: recompute-memory-child.ts SEGMENTS (0: every activation is kept)
 */
import { unitRange } from '../../src/classifier/preprocess.js'
import { conv2d } from '../../src/nn/layers/conv2d.js'
import { dense } from '../../src/nn/layers/dense.js'
import { globalAveragePooling2d } from '../../src/nn/layers/pooling.js'
import { categoricalCrossentropy } from '../../src/nn/losses/categorical-crossentropy.js'
import { sequential } from '../../src/nn/network.js'
import { sgd } from '../../src/optim/sgd.js'
import { compile } from '../../src/train/compile.js'
import { buildStep } from '../../src/train/step-graph.js'
import { StepRunner } from '../../src/train/step-runner.js'
import { initialWeights } from '../../src/train/weights.js'

const segments = Number(process.argv[2])
const BATCH = 32
const DEPTH = 24
/** Highest resident memory so far. */
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024

const convolutions = Array.from({ length: DEPTH }, () => conv2d(32, 3, { padding: 'same', activation: 'relu' }))
const plan = buildStep({
  layer: sequential([...convolutions, globalAveragePooling2d(), dense(10)]),
  inputShape: [3, 32, 32],
  classes: 10,
  batchSize: BATCH,
  preprocess: unitRange,
  loss: categoricalCrossentropy(),
  optimizer: sgd({ learningRate: 0.01 }),
  recomputeSegments: segments || undefined,
})
const session = await compile(plan.graph, { device: 'cpu', threads: 1 })
const runner = new StepRunner(session, plan, 1, initialWeights(plan.parameters, plan.statistics, 1))
const before = peakBytes()
const input = { images: new Uint8Array(BATCH * 3072).fill(100), labels: new Int32Array(BATCH), rateFactor: 1 }
for (let step = 0; step < 3; step++) await runner.step({ ...input, step })
console.log(peakBytes() - before)
