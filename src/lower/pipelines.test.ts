import { beforeAll, describe, expect, it } from 'vitest'
import { unitRange } from '../classifier/preprocess.js'
import { randomStream } from '../core/random.js'
import { batchNormalization } from '../nn/layers/batch-normalization.js'
import { conv2d } from '../nn/layers/conv2d.js'
import { dense } from '../nn/layers/dense.js'
import { globalAveragePooling2d, globalMaxPooling2d, maxPooling2d } from '../nn/layers/pooling.js'
import { activation, add, flatten } from '../nn/layers/shape.js'
import { categoricalCrossentropy } from '../nn/losses/categorical-crossentropy.js'
import { sequential } from '../nn/network.js'
import type { Layer } from '../nn/scope.js'
import { encodeModel } from '../onnx/protobuf/encode.js'
import { verifyGraph } from '../onnx/verify.js'
import { sgd } from '../optim/sgd.js'
import { blockSize } from '../runtime/cpu-features.js'
import { createSession } from '../runtime/node.js'
import { buildStep, type StepPlan } from '../train/step-graph.js'
import { StepRunner } from '../train/step-runner.js'
import { initialWeights } from '../train/weights.js'
import { lowerFor, pipelines } from './pipelines.js'

const same = { padding: 'same' as const }
const residual: Layer = (x, scope) => {
  const inner = sequential([
    conv2d(32, 3, { ...same, useBias: false }),
    batchNormalization(),
    activation('relu'),
    conv2d(32, 3, { ...same, useBias: false }),
    batchNormalization(),
  ])
  return activation('relu')(add([x, inner(x, scope)]), scope)
}
const networks: Record<string, Layer> = {
  'plain CNN': sequential([
    conv2d(32, 3, { ...same, activation: 'relu' }),
    conv2d(32, 3, { ...same, activation: 'relu' }),
    maxPooling2d(2),
    conv2d(64, 3, { ...same, activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    dense(32, { activation: 'relu' }),
    dense(10),
  ]),
  'residual with batch norm': sequential([
    conv2d(32, 3, { ...same, useBias: false }),
    batchNormalization(),
    activation('gelu'),
    residual,
    conv2d(64, 3, { ...same, strides: 2 }),
    globalAveragePooling2d(),
    dense(10),
  ]),
  'many channels': sequential([
    conv2d(32, 3, { ...same, useBias: false }),
    maxPooling2d(2),
    batchNormalization({ scale: false }),
    activation('gelu'),
    conv2d(64, 3, { ...same, useBias: false }),
    batchNormalization(),
    activation('silu'),
    conv2d(64, 3, { ...same, activation: 'relu' }),
    maxPooling2d(2),
    conv2d(64, 3, { ...same, activation: 'elu' }),
    globalMaxPooling2d(),
    dense(10),
  ]),
  'odd sizes': sequential([
    conv2d(20, 5, { strides: 2, activation: 'elu' }),
    maxPooling2d(3, { strides: 2, padding: 'same' }),
    conv2d(32, 1),
    flatten(),
    dense(10),
  ]),
}

const planOf = (layer: Layer): StepPlan =>
  buildStep({
    layer,
    inputShape: [3, 16, 16],
    classes: 10,
    batchSize: 4,
    preprocess: unitRange,
    loss: categoricalCrossentropy(),
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
  })

/** Weights after two steps, and the losses on the way, with the runtime's own optimizer off. */
async function train(plan: StepPlan, blockSize: number) {
  const graph = lowerFor(plan.graph, { device: 'cpu', blockSize })
  verifyGraph(graph)
  const session = await createSession(encodeModel(graph), { optimization: 'disabled', threads: 1 })
  const runner = new StepRunner(session, plan, 3, initialWeights(plan.parameters, plan.statistics, 3))
  const images = new Uint8Array(4 * 3 * 16 * 16)
  randomStream(5, 'images').fillBytes(images)
  images.fill(255, 0, 200)
  const losses: number[] = []
  for (let step = 0; step < 2; step++)
    losses.push((await runner.step({ images, labels: Int32Array.of(1, 5, 0, 9), step, rateFactor: 1 })).loss)
  const weights = runner.read()
  await session.release()
  return { losses, weights }
}

/** Greatest relative distance (in norm) between two sets of weights. */
function distance(a: Awaited<ReturnType<typeof train>>, b: Awaited<ReturnType<typeof train>>): number {
  let worst = 0
  for (const [name, { data }] of a.weights) {
    const other = b.weights.get(name)!.data as Float32Array
    let [difference, norm] = [0, 1e-12]
    ;(data as Float32Array).forEach((value, i) => {
      difference += (value - other[i]!) ** 2
      norm += value ** 2
    })
    worst = Math.max(worst, Math.sqrt(difference / norm))
  }
  return worst
}

describe('lowering keeps the numbers', () => {
  let block = 0
  beforeAll(async () => {
    block = await blockSize()
  })

  it.each(Object.keys(networks))('%s: two training steps, blocked and portable', async name => {
    if (block === 0) return expect(block, 'this CPU has no blocked convolutions: portable forms only').toBe(0)
    const plan = planOf(networks[name]!)
    const [portable, blocked] = [await train(plan, 0), await train(plan, block)]
    blocked.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(portable.losses[i]!, 4)
    })
    expect(distance(portable, blocked)).toBeLessThan(2e-5)
    // Planted error: weights one step of another rate away must not pass.
    portable.weights.get('dense/bias')!.data[0] = 1
    expect(distance(portable, blocked)).toBeGreaterThan(1e-3)
  })

  it('names every pass and its reason', () => {
    for (const passes of Object.values(pipelines)) {
      expect(new Set(passes.map(pass => pass.name)).size).toBe(passes.length)
      for (const pass of passes) expect(pass.reason.length).toBeGreaterThan(20)
    }
  })
})
