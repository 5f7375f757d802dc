import { beforeAll, describe, expect, it } from 'vitest'
import { unitRange } from '../../src/classifier/preprocess.js'
import { randomStream } from '../../src/core/random.js'
import { sizeOf } from '../../src/core/shape.js'
import { float32, type Tensor, tensor } from '../../src/core/tensor.js'
import { lowerFor } from '../../src/lower/pipelines.js'
import { batchNormalization } from '../../src/nn/layers/batch-normalization.js'
import { dense } from '../../src/nn/layers/dense.js'
import { globalAveragePooling2d } from '../../src/nn/layers/pooling.js'
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from '../../src/nn/losses/categorical-crossentropy.js'
import { sequential } from '../../src/nn/network.js'
import { l1, l1l2, l2, type Regularizer } from '../../src/nn/regularizers.js'
import { Scope } from '../../src/nn/scope.js'
import { Graph, type Value } from '../../src/onnx/ir.js'
import { encodeModel } from '../../src/onnx/protobuf/index.js'
import { identity } from '../../src/ops/identity.js'
import { sgd } from '../../src/optim/sgd.js'
import { createSession } from '../../src/runtime/node.js'
import { buildStep } from '../../src/train/step-graph.js'
import { StepRunner } from '../../src/train/step-runner.js'
import { initialWeights } from '../../src/train/weights.js'
import { type Answer, farthest, Parcel } from './exchange.js'
import { type KerasCase, kerasCases } from './layers-keras-cases.js'
import { python } from './python.js'

const { path: interpreter, missing } = python()
if (missing) console.warn(`skipped: ${missing}`)
const BATCH = 2
const TOLERANCE = 1e-5

function drawn(name: string, shape: readonly number[], size = 1): Float32Array {
  const stream = randomStream(17, name)
  return Float32Array.from({ length: sizeOf(shape) }, () => size * stream.normal())
}

async function compute(graph: Graph, feeds: Record<string, Tensor> = {}): Promise<Float32Array[]> {
  const session = await createSession(encodeModel(lowerFor(graph, { device: 'cpu', blockSize: 0 })), { threads: 1 })
  const result = await session.run(feeds)
  await session.release()
  return session.outputs.map(({ name }) => result[name]!.data as Float32Array)
}

/** The inference form of a layer on ONNX Runtime, and everything that Keras needs to do the same. */
async function runLayer({ what, build, input }: KerasCase, parcel: Parcel) {
  const graph = new Graph('layer')
  const weights: Record<string, { shape: readonly number[]; offset: number }> = {}
  const own = (full: string, shape: readonly number[], data: Float32Array): Value => {
    weights[full.slice(full.lastIndexOf('/') + 1)] = parcel.put(shape, data)
    return graph.initializer(full, tensor('float32', shape, data))
  }
  const scope = new Scope(graph, 'inference', {
    parameter: ({ name, shape }) => own(name, shape, drawn(`${what} ${name}`, shape)),
    statistic: ({ name, shape }) =>
      own(
        name,
        shape,
        drawn(`${what} ${name}`, shape).map(v => Math.abs(v) + 0.1),
      ),
  })
  const shape = [BATCH, ...input]
  const data = drawn(what, shape, 2)
  const y = build(graph.input('x', 'float32', shape), scope)
  graph.output(y.producer ? y : identity(y))
  const [output] = await compute(graph, { x: tensor('float32', shape, data) })
  return { output: output!, shape: y.shape, request: { input: parcel.put(shape, data), weights } }
}

/** Batch normalisation through two training steps at learning rate 0: outputs, and statistics after them. */
async function runBatchNormalization(batches: readonly Uint8Array[], inputShape: readonly [number, number, number]) {
  const plan = buildStep({
    layer: sequential([batchNormalization(), globalAveragePooling2d(), dense(2)]),
    inputShape,
    classes: 2,
    batchSize: BATCH,
    preprocess: unitRange,
    loss: categoricalCrossentropy(),
    optimizer: sgd({ learningRate: 0 }),
  })
  const session = await createSession(encodeModel(lowerFor(plan.graph, { device: 'cpu', blockSize: 0 })), {
    threads: 1,
  })
  const runner = new StepRunner(session, plan, 1, initialWeights(plan.parameters, plan.statistics, 1))
  for (const [step, images] of batches.entries())
    await runner.step({ images, labels: Int32Array.of(0, 1), step, rateFactor: 1 })
  const held = runner.read()
  await session.release()
  const outputs = await Promise.all(
    batches.map(async images => {
      const graph = new Graph('training')
      const scope = new Scope(graph, 'training', {
        parameter: ({ name, shape, initializer }) =>
          graph.initializer(name, tensor('float32', shape, initializer(shape, randomStream(1)))),
        statistic: ({ name, shape }) => graph.input(name, 'float32', shape),
      })
      const shape = [BATCH, ...inputShape]
      const x = graph.initializer(
        'x',
        tensor(
          'float32',
          shape,
          Float32Array.from(images, byte => byte / 255),
        ),
      )
      graph.output(batchNormalization()(x, scope))
      const unused = Object.fromEntries(graph.inputs.map(i => [i.name, tensor('float32', i.shape as number[])]))
      return (await compute(graph, unused))[0]!
    }),
  )
  const statistic = (name: string) => held.get(`batchNormalization/${name}`)!.data as Float32Array
  return [...outputs, statistic('movingMean'), statistic('movingVariance')]
}

const regularizers: [Regularizer, string, Record<string, number>][] = [
  [l1(0.3), 'L1', { l1: 0.3 }],
  [l2(0.2), 'L2', { l2: 0.2 }],
  [l1l2(0.3, 0.2), 'L1L2', { l1: 0.3, l2: 0.2 }],
]
const SMOOTHING = [0, 0.1, 0.5]
const CLASSES = 7

describe.skipIf(!interpreter)('layers against Keras', () => {
  const ours: { what: string; data: Float32Array; shape?: readonly (number | string)[] }[] = []
  const theirs = new Map<string, Answer>()

  beforeAll(async () => {
    const parcel = new Parcel()
    const layers = []
    for (const c of kerasCases) {
      const { output, shape, request } = await runLayer(c, parcel)
      ours.push({ what: c.what, data: output, shape })
      layers.push({ keras: c.keras, arguments: c.arguments, ...request })
    }
    const image = [3, 6, 5] as const
    const batches = [0, 1].map(i => {
      const bytes = new Uint8Array(BATCH * sizeOf(image))
      randomStream(2, 'batch', i).fillBytes(bytes)
      return bytes
    })
    const norms = await runBatchNormalization(batches, image)
    ;['first output', 'second output', 'moving mean', 'moving variance'].forEach((what, i) => {
      ours.push({ what: `batch normalisation in training: ${what}`, data: norms[i]! })
    })
    const kernel = drawn('kernel', [4, 5])
    for (const [regularizer, name] of regularizers) {
      const graph = new Graph('penalty')
      graph.output(regularizer(graph.initializer('w', float32(kernel, [4, 5]))))
      ours.push({ what: `regulariser ${name}`, data: (await compute(graph))[0]! })
    }
    const logits = drawn('logits', [BATCH * 3, CLASSES], 4)
    const labels = [0, 6, 3, 3, 1, 5]
    const oneHot = labels.flatMap(label => Array.from({ length: CLASSES }, (_, k) => (k === label ? 1 : 0)))
    const losses = [
      ...SMOOTHING.map(labelSmoothing => categoricalCrossentropy({ labelSmoothing })),
      sparseCategoricalCrossentropy(),
    ]
    for (const [i, loss] of losses.entries()) {
      const graph = new Graph('loss')
      const shape = [labels.length, CLASSES]
      graph.output(
        loss(graph.initializer('logits', float32(logits, shape)), graph.initializer('targets', float32(oneHot, shape))),
      )
      ours.push({
        what: i < SMOOTHING.length ? `loss, smoothing ${SMOOTHING[i]}` : 'sparse loss',
        data: (await compute(graph))[0]!,
      })
    }
    const answers = parcel.send(interpreter!, 'layers_keras.py', {
      layers,
      batches: batches.map(b =>
        parcel.put(
          [BATCH, ...image],
          Float32Array.from(b, byte => byte / 255),
        ),
      ),
      kernel: parcel.put([4, 5], kernel),
      regularizers: regularizers.map(([, name, options]) => [name, options]),
      logits: parcel.put([labels.length, CLASSES], logits),
      labels,
      smoothing: SMOOTHING,
    })
    for (const { what } of ours) theirs.set(what, answers.next())
    expect(answers.left()).toBe(0)
  })

  it('all numbers and shapes are those of Keras', () => {
    expect(new Set(ours.map(({ what }) => what)).size).toBe(ours.length)
    const wrong = ours.flatMap(({ what, data, shape }) => {
      const answer = theirs.get(what)!
      const distance = farthest(data, answer.data)
      const unlike = shape && shape.join() !== answer.shape.join() ? ` shape [${shape}] of [${answer.shape}]` : ''
      return distance < TOLERANCE && !unlike ? [] : [`${what}: ${distance.toExponential(1)}${unlike}`]
    })
    expect(wrong).toEqual([])
    const worst = Math.max(...ours.map(({ what, data }) => farthest(data, theirs.get(what)!.data)))
    console.log(`${ours.length} comparisons with Keras, largest relative difference ${worst.toExponential(1)}`)
  })

  it('an error of one part in ten thousand in one number would be seen', () => {
    for (const { what, data } of ours) {
      const largest = data.reduce((at, v, i) => (Math.abs(v) > Math.abs(data[at]!) ? i : at), 0)
      const planted = data.map((v, i) => (i === largest ? v * 1.0001 : v))
      expect(farthest(planted, theirs.get(what)!.data), what).toBeGreaterThan(TOLERANCE)
    }
  })
})
