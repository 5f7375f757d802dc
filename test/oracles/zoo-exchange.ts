import { randomStream } from '../../src/core/random.js'
import { sizeOf } from '../../src/core/shape.js'
import { scalar, type Tensor, tensor } from '../../src/core/tensor.js'
import { lowerFor } from '../../src/lower/pipelines.js'
import { categoricalCrossentropy } from '../../src/nn/losses/categorical-crossentropy.js'
import { publishedName } from '../../src/nn/published-names.js'
import { type Layer, type ParameterSpec, Scope } from '../../src/nn/scope.js'
import { Graph } from '../../src/onnx/ir.js'
import { encodeModel } from '../../src/onnx/protobuf/encode.js'
import { sgd } from '../../src/optim/sgd.js'
import { blockSize } from '../../src/runtime/cpu-features.js'
import { createSession } from '../../src/runtime/node.js'
import { buildStep, type StepPlan } from '../../src/train/step-graph.js'
import { initialWeights, type WeightMap } from '../../src/train/weights.js'
import { type Held, Parcel } from './exchange.js'

const CLASSES = 10
const SEED = 11
const preprocess = { mean: [0.5], standardDeviation: [0.25] }

export interface ZooCase {
  network: Layer
  input: readonly [number, number, number]
  batch: number
  /** The network's name in zoo_models.py. */
  torch: string
  /**
   * Added to every shift of a normalisation. A rounding can turn an activation whose input is next to 0, and a gradient
   * then changes by a whole term: large networks are compared where such inputs are rare.
   */
  shift?: number
}

type Arrays = ReadonlyMap<string, ArrayLike<number>>

export interface Answers {
  /** Inference mode, [N, classes]. */
  logits: ArrayLike<number>
  /** Training mode, by published name. */
  gradients: Arrays
}

/**
 * First weights, with scales, shifts and running statistics that differ from one another: where all are ones and zeros,
 * names could be mixed up and nothing would show.
 */
function weightsOf(plan: StepPlan, shift = 0): WeightMap {
  const weights = initialWeights(plan.parameters, plan.statistics, SEED)
  for (const [name, { data }] of weights) {
    const spread = spreads[name.split('/').at(-1)!]
    const stream = randomStream(SEED, 'spread', name)
    const middle = name.endsWith('/beta') ? shift : 0
    if (spread)
      for (let i = 0; i < data.length; i++) (data as Float32Array)[i]! += middle + stream.uniform(-spread, spread)
  }
  return weights
}
const spreads: Readonly<Record<string, number>> = {
  array: 0.1,
  gamma: 0.2,
  beta: 0.2,
  bias: 0.1,
  movingMean: 0.2,
  movingVariance: 0.4,
}

const imagesOf = ({ batch, input }: ZooCase): Uint8Array => {
  const images = new Uint8Array(batch * sizeOf(input))
  randomStream(SEED, 'images').fillBytes(images)
  return images
}
const labelsOf = ({ batch }: ZooCase): Int32Array => Int32Array.from({ length: batch }, (_, i) => (7 * i + 2) % CLASSES)
const normalized = (images: Uint8Array): Float32Array => Float32Array.from(images, byte => (byte / 255 - 0.5) / 0.25)

/** Fovea holds a dense kernel as [in, out], PyTorch as [out, in]. */
function published({ role, shape }: Pick<ParameterSpec, 'role' | 'shape'>, data: Float32Array) {
  if (role !== 'kernel' || shape.length !== 2) return { shape, data }
  const [rows, columns] = shape as [number, number]
  return {
    shape: [columns, rows],
    data: Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!),
  }
}

/** Logits and gradients of Fovea, lowered for this machine, and of PyTorch in float64, for the same weights and images. */
export async function compareZoo(
  given: ZooCase,
  interpreter: string,
): Promise<{ ours: Answers; theirs: Answers; names: string[] }> {
  const plan = buildStep({
    layer: given.network,
    inputShape: given.input,
    classes: CLASSES,
    batchSize: given.batch,
    preprocess,
    loss: categoricalCrossentropy(),
    optimizer: sgd(),
    exposeGradients: true,
  })
  const weights = weightsOf(plan, given.shift)
  const ours = { logits: await logitsOf(given, weights), gradients: await gradientsOf(given, plan, weights) }
  return { ours, theirs: askTorch(given, plan, weights, interpreter), names: plan.trainable.map(publishedName) }
}

async function logitsOf({ network, input, batch, ...rest }: ZooCase, weights: WeightMap): Promise<Float32Array> {
  const graph = new Graph('logits')
  const weight = ({ name, shape }: { name: string; shape: readonly number[] }) => graph.input(name, 'float32', shape)
  const scope = new Scope(graph, 'inference', { parameter: weight, statistic: weight })
  const images = graph.input('images', 'float32', [batch, ...input])
  graph.output(network(images, scope), 'logits')
  const session = await sessionOf(graph)
  const feeds = Object.fromEntries(session.inputs.map(({ name }) => [name, weights.get(name)!]))
  const data = normalized(imagesOf({ network, input, batch, ...rest }))
  const { logits } = await session.run({ ...feeds, images: tensor('float32', [batch, ...input], data) })
  await session.release()
  return logits!.data as Float32Array
}

const sessionOf = async (graph: Graph) =>
  createSession(encodeModel(lowerFor(graph, { device: 'cpu', blockSize: await blockSize() })), { threads: 2 })

async function gradientsOf(given: ZooCase, plan: StepPlan, weights: WeightMap): Promise<Map<string, Float32Array>> {
  const session = await sessionOf(plan.graph)
  const feeds: Record<string, Tensor> = {
    images: tensor('uint8', [given.batch, ...given.input], imagesOf(given)),
    labels: tensor('int32', [given.batch], labelsOf(given)),
  }
  for (const name of plan.state.scalarNames) feeds[name] = scalar(0)
  for (const { name, shape } of plan.state.tensors) feeds[name] = tensor('float32', shape)
  for (const { name, state, offset } of plan.state.placements)
    (feeds[state]!.data as Float32Array).set(weights.get(name)!.data as Float32Array, offset)
  const result = await session.run(feeds)
  await session.release()
  const specs = new Map(plan.parameters.map(spec => [spec.name, spec]))
  return new Map(
    plan.trainable.map(name => [
      publishedName(name),
      published(specs.get(name)!, result[`gradient/${name}`]!.data as Float32Array).data,
    ]),
  )
}

function askTorch(given: ZooCase, plan: StepPlan, weights: WeightMap, interpreter: string): Answers {
  const parcel = new Parcel()
  const put = (name: string, spec: Pick<ParameterSpec, 'role' | 'shape'>): [string, Held] => {
    const { shape, data } = published(spec, weights.get(name)!.data as Float32Array)
    return [publishedName(name), parcel.put(shape, data)]
  }
  const manifest = {
    network: given.torch,
    images: parcel.put([given.batch, ...given.input], normalized(imagesOf(given))),
    labels: [...labelsOf(given)],
    parameters: Object.fromEntries(plan.parameters.map(spec => put(spec.name, spec))),
    statistics: Object.fromEntries(plan.statistics.map(({ name, shape }) => put(name, { shape, role: 'shift' }))),
  }
  const answer = parcel.send(interpreter, 'zoo_models.py', manifest)
  const logits = answer.next().data
  const gradients = new Map(Object.keys(manifest.parameters).map(name => [name, answer.next().data] as const))
  return { logits, gradients }
}
