import { FoveaError } from '../../core/errors.js'
import { randomStream } from '../../core/random.js'
import { formatShape, sameShape, sizeOf } from '../../core/shape.js'
import { type Tensor, tensor } from '../../core/tensor.js'
import type { Layer } from '../../nn/scope.js'
import { encodeModel } from '../../onnx/protobuf/index.js'
import { createSession } from '../../runtime/node.js'
import type { Channel } from './channel-groups.js'
import { networkGraph } from './network-graph.js'
import { removeChannels, silenceChannels } from './remove-channels.js'

export interface Removal {
  /** The network before. */
  layer: Layer
  /** The same network with the widths that are left. */
  narrow: Layer
  inputShape: readonly number[]
  weights: ReadonlyMap<string, Tensor>
  channels: readonly Channel[]
}

const IMAGES = 4
/** Largest difference of two logits, against the largest logit: float32 sums in another order, over many layers. */
const TOLERANCE = 1e-4

/**
 * The law of channel removal, on noise: a network whose removed channels are silent (every weight of them 0) and the
 * network without them give the same logits. Whatever a wrong analysis missed, a reader that was left out or channels
 * that do not belong together, shows here. Gives the smaller weights.
 *
 * @throws FoveaError where shapes or logits differ
 */
export async function verifyRemoval(removal: Removal): Promise<Map<string, Tensor>> {
  const { layer, narrow, inputShape, weights, channels } = removal
  const smaller = removeChannels(weights, channels)
  const wrong = wrongShape(narrow, inputShape, smaller)
  if (wrong) throw broken(wrong.expected, wrong.received)
  const silent = await logitsOf(layer, inputShape, silenceChannels(weights, channels))
  const removed = await logitsOf(narrow, inputShape, smaller)
  const largest = silent.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const difference = silent.reduce((most, value, i) => Math.max(most, Math.abs(value - removed[i]!)), 0)
  // Not '>': a NaN must not pass.
  if (!(difference <= TOLERANCE * Math.max(largest, 1e-6)))
    throw broken(
      `logits as with silent channels, to ${TOLERANCE} of ${largest.toPrecision(3)}`,
      `${difference.toPrecision(3)} apart`,
    )
  return smaller
}

const broken = (expected: string, received: string): FoveaError =>
  new FoveaError({
    where: 'removal of channels',
    expected,
    received,
    fix: 'nothing was written; this is a fault of the dependency analysis, please report the network',
  })

/** The first weight whose shape is not the one that the narrow network asks for. */
export function wrongShape(
  narrow: Layer,
  inputShape: readonly number[],
  weights: ReadonlyMap<string, Pick<Tensor, 'shape'>>,
): { expected: string; received: string } | undefined {
  const [, ...asked] = networkGraph(narrow, inputShape, { batchSize: 1 }).graph.inputs
  for (const { name, shape } of asked) {
    const given = weights.get(name)
    if (!given || !sameShape(given.shape, shape))
      return { expected: `'${name}' of ${formatShape(shape)}`, received: given ? formatShape(given.shape) : 'none' }
  }
  return undefined
}

async function logitsOf(
  layer: Layer,
  inputShape: readonly number[],
  weights: ReadonlyMap<string, Tensor>,
): Promise<Float32Array> {
  const { graph } = networkGraph(layer, inputShape, { batchSize: IMAGES, weights })
  const shape = [IMAGES, ...inputShape]
  const stream = randomStream(0, 'verify removal')
  const images = tensor(
    'float32',
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => stream.normal()),
  )
  const session = await createSession(encodeModel(graph))
  try {
    return (await session.run({ images })).logits!.data as Float32Array
  } finally {
    await session.release()
  }
}
