import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildInference } from '../../../src/classifier/inference-graph.js'
import { loadClassifier } from '../../../src/classifier/load.js'
import { predict } from '../../../src/classifier/predict.js'
import type { Preprocess } from '../../../src/classifier/preprocess.js'
import { makeClassifier, writeClassifier } from '../../../src/classifier/save.js'
import { randomStream } from '../../../src/core/random.js'
import { sizeOf } from '../../../src/core/shape.js'
import { tensor } from '../../../src/core/tensor.js'
import { lowerFor } from '../../../src/lower/pipelines.js'
import { categoricalCrossentropy } from '../../../src/nn/losses/categorical-crossentropy.js'
import { encodeModel } from '../../../src/onnx/protobuf/index.js'
import { adam } from '../../../src/optim/adam.js'
import { createSession } from '../../../src/runtime/node.js'
import type { Session } from '../../../src/runtime/session.js'
import { weightsSha256 } from '../../../src/train/checkpoint.js'
import { compile } from '../../../src/train/compile.js'
import { decodeSafetensors, encodeSafetensors } from '../../../src/train/safetensors.js'
import { slotName } from '../../../src/train/state-layout.js'
import { buildStep, type StepPlan } from '../../../src/train/step-graph.js'
import { StepRunner } from '../../../src/train/step-runner.js'
import { initialWeights, type WeightMap } from '../../../src/train/weights.js'
import type { Trained } from './families.js'

const BATCH = 8
const CLASSES = 10
const SEED = 3
/** Steps until a run is kept, and until it is compared with its resumption. */
const KEPT = 2
const COMPARED = 4
export const LONGEST = 60
/** Of the first loss: a batch counts as learnt by heart below it. */
export const LEARNT = 0.1
const machine = { device: 'cpu', threads: 2 } as const
const preprocess: Preprocess = { mean: [0.5], standardDeviation: [0.25] }

/** Gradients by parameter: of the step lowered for this machine, and of the portable one. */
export interface Gradients {
  lowered: ReadonlyMap<string, Float32Array>
  portable: ReadonlyMap<string, Float32Array>
}

/** What a network did when it was trained; the laws judge it. */
export interface Evidence {
  /** Probabilities before the first step, [N, classes]. */
  untrained: Float32Array
  /** Of each of some batches. */
  gradients: readonly Gradients[]
  /** Loss of the same batch, step by step. */
  losses: readonly number[]
  /** Fingerprints of the weights after the same steps: in one go, and put away and taken up in between. */
  whole: string
  resumed: string
  /** Probabilities by the exported file, and by the network as training scores it. */
  exported: Float32Array
  scored: Float32Array
}

/** Seeds of the batches that two forms of a step are compared on. */
const COMPARED_ON = [SEED, SEED + 1]

function batchOf(input: readonly number[], seed = SEED): { images: Uint8Array; labels: Int32Array } {
  const images = new Uint8Array(BATCH * sizeOf(input))
  randomStream(seed, 'images').fillBytes(images)
  return { images, labels: Int32Array.from({ length: BATCH }, (_, i) => (3 * i) % CLASSES) }
}

/** Adam's first moment after one step is the gradient (its slots leave the factor 1 - β1 out). */
function gradientsOf(plan: StepPlan, state: WeightMap): Map<string, Float32Array> {
  return new Map(
    plan.trainable.map(name => [name, state.get(slotName('firstMoment', name))!.data as Float32Array] as const),
  )
}

/**
 * First weights with every normalisation's shift raised. A rounding can turn an activation whose input is next to 0, and
 * a gradient then changes by a whole term: with inputs around 2 that is rare, and two forms of a step can be compared.
 */
function withRaisedShifts({ parameters }: StepPlan, weights: WeightMap): WeightMap {
  const raised: WeightMap = new Map(weights)
  for (const { name, role, shape } of parameters)
    if (role === 'shift') raised.set(name, tensor('float32', shape, new Float32Array(sizeOf(shape)).fill(2)))
  return raised
}

/** Through the form that checkpoints have. */
const reborn = (state: WeightMap): WeightMap =>
  decodeSafetensors(new Uint8Array(Buffer.concat(encodeSafetensors(state))), 'a checkpoint').tensors

/** Trains the network on one batch and writes down what happens. */
export async function evidenceOf({
  network: layer,
  input: inputShape,
  learningRate = 2e-3,
}: Trained): Promise<Evidence> {
  const plan = buildStep({
    layer,
    inputShape,
    classes: CLASSES,
    batchSize: BATCH,
    preprocess,
    loss: categoricalCrossentropy(),
    optimizer: adam({ learningRate }),
  })
  const weights = initialWeights(plan.parameters, plan.statistics, SEED)
  const batch = batchOf(inputShape)
  const steps = async (runner: StepRunner, from: number, to: number): Promise<number[]> => {
    const losses: number[] = []
    for (let step = from; step < to; step++) losses.push((await runner.step({ ...batch, step, rateFactor: 1 })).loss)
    return losses
  }
  const session = await compile(plan.graph, machine)
  const shifted = withRaisedShifts(plan, weights)
  const gradientsBy = async (stepSession: Session): Promise<Map<string, Float32Array>[]> => {
    const all = []
    for (const seed of COMPARED_ON) {
      const compared = new StepRunner(stepSession, plan, SEED, shifted)
      await compared.step({ ...batchOf(inputShape, seed), step: 0, rateFactor: 1 })
      all.push(gradientsOf(plan, compared.read()))
    }
    return all
  }
  const lowered = await gradientsBy(session)

  const runner = new StepRunner(session, plan, SEED, weights)
  const losses = await steps(runner, 0, KEPT)
  const kept = reborn(runner.read())
  losses.push(...(await steps(runner, KEPT, COMPARED)))
  const whole = weightsSha256(runner.read())
  while (losses.length < LONGEST && losses.at(-1)! > LEARNT * losses[0]!)
    losses.push(...(await steps(runner, losses.length, losses.length + 1)))
  const trained = runner.read()

  const second = new StepRunner(session, plan, SEED, kept)
  await steps(second, KEPT, COMPARED)
  const resumed = weightsSha256(second.read())
  await session.release()

  const plain = await createSession(encodeModel(lowerFor(plan.graph, { device: 'cpu', blockSize: 0 })), machine)
  const portable = await gradientsBy(plain)
  await plain.release()

  const scorer = await compile(
    buildInference({ layer, inputShape, preprocess, weights: 'inputs', batchSize: BATCH }).graph,
    machine,
  )
  const untrained = await score(scorer, weights, batch.images, inputShape)
  const scored = await score(scorer, trained, batch.images, inputShape)
  await scorer.release()
  const exported = await throughFile(layer, inputShape, trained, batch.images)
  const gradients = lowered.map((byLowered, i) => ({ lowered: byLowered, portable: portable[i]! }))
  return { untrained, gradients, losses, whole, resumed, exported, scored }
}

async function score(
  session: Session,
  weights: WeightMap,
  images: Uint8Array,
  input: readonly number[],
): Promise<Float32Array> {
  const feeds = Object.fromEntries(
    session.inputs.filter(({ name }) => name !== 'images').map(({ name }) => [name, weights.get(name)!]),
  )
  const { probabilities } = await session.run({ ...feeds, images: tensor('uint8', [BATCH, ...input], images) })
  return probabilities!.data as Float32Array
}

async function throughFile(
  layer: Trained['network'],
  inputShape: Trained['input'],
  weights: WeightMap,
  images: Uint8Array,
): Promise<Float32Array> {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-zoo-'))
  try {
    const classNames = Array.from({ length: CLASSES }, (_, k) => `class ${k}`)
    const path = join(folder, 'classifier.onnx')
    await writeClassifier(path, makeClassifier({ layer, inputShape, preprocess, weights, classNames }))
    return await predict(await loadClassifier(path), images, machine)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
