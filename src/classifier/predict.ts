import { FoveaError } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { tensor } from '../core/tensor.js'
import { createSession } from '../runtime/node.js'
import type { Session, SessionOptions } from '../runtime/session.js'
import type { Classifier } from './classifier.js'

/** Images in one call of the runtime: more gains nothing and costs memory. */
const BATCH = 250

/** One session per classifier for as long as it lives: sessions cannot be made again and again, they leak. */
const sessions = new WeakMap<Classifier, Promise<Session>>()

export function sessionOf(
  classifier: Classifier,
  options: Pick<SessionOptions, 'device' | 'threads'> = {},
): Promise<Session> {
  let session = sessions.get(classifier)
  if (!session) sessions.set(classifier, (session = createSession(classifier.model, options)))
  return session
}

/**
 * Class probabilities, float32 [N, K] row-major, of images uint8 [N, C, H, W] in one block. Pre-processing, and the
 * mirrored view where the classifier averages it, are inside the graph.
 */
export async function predict(
  classifier: Classifier,
  images: Uint8Array,
  options: Pick<SessionOptions, 'device' | 'threads'> & { onProgress?: (done: number, total: number) => void } = {},
): Promise<Float32Array> {
  const { inputShape, classNames } = classifier
  const size = sizeOf(inputShape)
  const count = images.length / size
  if (!Number.isInteger(count) || count === 0)
    throw new FoveaError({
      where: 'predict',
      expected: `whole images of ${size} bytes, uint8 [${inputShape.join(', ')}]`,
      received: `${images.length} bytes`,
    })
  const session = await sessionOf(classifier, options)
  const probabilities = new Float32Array(count * classNames.length)
  for (let from = 0; from < count; from += BATCH) {
    const n = Math.min(BATCH, count - from)
    // A copy: the runtime refuses memory that threads share, and data sets live in such memory.
    const batch = tensor('uint8', [n, ...inputShape], images.slice(from * size, (from + n) * size))
    const rows = tensor(
      'float32',
      [n, classNames.length],
      probabilities.subarray(from * classNames.length, (from + n) * classNames.length),
    )
    await session.run({ images: batch }, { probabilities: rows })
    options.onProgress?.(from + n, count)
  }
  return probabilities
}

export interface RankedClass {
  className: string
  classIndex: number
  probability: number
}

/** The `k` most probable classes of one row, most probable first; ties keep the order of the classes. */
export function topClasses(row: Float32Array, classNames: readonly string[], k: number): RankedClass[] {
  return Array.from(row, (probability, classIndex) => ({ className: classNames[classIndex]!, classIndex, probability }))
    .sort((a, b) => b.probability - a.probability || a.classIndex - b.classIndex)
    .slice(0, k)
}
