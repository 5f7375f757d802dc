import type { Classifier } from '../classifier/classifier.js'
import { predict } from '../classifier/predict.js'
import { FoveaError } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import type { ArtefactRuntime, Precision } from './format.js'

/** Largest difference of a probability that float32 arithmetic in another order may make. */
export const FP32_TOLERANCE = 1e-4
/** Images in one call of an artefact that takes any number. */
const BATCH = 100
/** Runs before the clock and under it. */
const WARM_UP = 3
const TIMED = 15

/** Images to verify with; without labels (of a classifier whose data set is not known) accuracy is not said. */
export interface VerificationImages {
  /** uint8 [count, C, H, W]. */
  images: Uint8Array
  count: number
  labels?: ArrayLike<number>
  /** What they are: 'cifar10, test'. */
  source: string
}

/** How the artefact answers in its own runtime, beside the classifier it was made of. */
export interface Verification {
  runtime: string
  source: string
  images: number
  /** Images whose most probable class is the same. */
  agreeing: number
  /** Largest |difference| of a probability. */
  largestDifference: number
  /** Shares of the labels hit, where there are labels. */
  accuracy?: { classifier: number; artefact: number }
  latency: { medianMs: number; batch: number; runs: number }
}

/** Whatever is not a number disagrees, wherever it stands. */
export function compareProbabilities(
  expected: Float32Array,
  received: Float32Array,
  classes: number,
): Pick<Verification, 'agreeing' | 'largestDifference'> {
  if (expected.length !== received.length)
    throw new FoveaError({
      where: 'verification',
      expected: `${expected.length} probabilities`,
      received: `${received.length}`,
    })
  let [agreeing, largestDifference] = [0, 0]
  for (let from = 0; from < expected.length; from += classes) {
    const row = received.subarray(from, from + classes)
    if (row.every(Number.isFinite) && bestOf(expected.subarray(from, from + classes)) === bestOf(row)) agreeing++
    row.forEach((p, c) => {
      const difference = Math.abs(p - expected[from + c]!)
      largestDifference = Math.max(largestDifference, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
    })
  }
  return { agreeing, largestDifference }
}

/** The most probable class; of equals the first. */
const bestOf = (row: Float32Array): number => row.reduce((best, p, c) => (p > row[best]! ? c : best), 0)

const accuracyOf = (probabilities: Float32Array, labels: ArrayLike<number>, classes: number): number => {
  const count = probabilities.length / classes
  let hits = 0
  for (let i = 0; i < count; i++)
    if (bestOf(probabilities.subarray(i * classes, (i + 1) * classes)) === labels[i]) hits++
  return hits / count
}

/** Runs the artefact on every image and compares it with the classifier; then times single calls. */
export async function verifyArtefact(
  classifier: Classifier,
  runtime: ArtefactRuntime,
  { images, count, labels, source }: VerificationImages,
  onProgress?: (done: number, total: number) => void,
): Promise<Verification> {
  const classes = classifier.classNames.length
  const size = sizeOf(classifier.inputShape)
  const expected = await predict(classifier, images)
  const received = new Float32Array(expected.length)
  const batch = runtime.fixedBatch ?? BATCH
  for (let from = 0; from < count; from += batch) {
    const wanted = Math.min(batch, count - from)
    const fed = runtime.fixedBatch ?? wanted
    const rows = await runtime.predict(takeImages(images, size, from, wanted, fed), fed)
    if (rows.length !== fed * classes)
      throw new FoveaError({
        where: `${runtime.name}, verification`,
        expected: `${fed} x ${classes} probabilities`,
        received: `${rows.length}`,
      })
    received.set(rows.subarray(0, wanted * classes), from * classes)
    onProgress?.(from + wanted, count)
  }
  const timedBatch = runtime.fixedBatch ?? 1
  return {
    runtime: runtime.name,
    source,
    images: count,
    ...compareProbabilities(expected, received, classes),
    ...(labels
      ? {
          accuracy: {
            classifier: accuracyOf(expected, labels, classes),
            artefact: accuracyOf(received, labels, classes),
          },
        }
      : {}),
    latency: await timeCalls(runtime, takeImages(images, size, 0, Math.min(timedBatch, count), timedBatch), timedBatch),
  }
}

/** `wanted` images from `from` on; a fixed batch that they do not fill ends in black images, whose answers are dropped. */
function takeImages(images: Uint8Array, size: number, from: number, wanted: number, fed: number): Uint8Array {
  const taken = new Uint8Array(fed * size)
  taken.set(images.subarray(from * size, (from + wanted) * size))
  return taken
}

async function timeCalls(
  runtime: ArtefactRuntime,
  images: Uint8Array,
  batch: number,
): Promise<Verification['latency']> {
  for (let i = 0; i < WARM_UP; i++) await runtime.predict(images, batch)
  const times: number[] = []
  for (let i = 0; i < TIMED; i++) {
    const start = performance.now()
    await runtime.predict(images, batch)
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return { medianMs: times[TIMED >> 1]!, batch, runs: TIMED }
}

/**
 * float32 answers as the classifier does, or the export has failed. Other precisions change numbers on purpose: their
 * price is in the verification, and only answers that are no numbers fail.
 */
export function judge(verification: Verification, precision: Precision, where: string): void {
  const { agreeing, images, largestDifference, runtime, source } = verification
  const exact = precision === 'fp32'
  const fails = exact
    ? agreeing < images || !(largestDifference <= FP32_TOLERANCE)
    : !Number.isFinite(largestDifference)
  if (!fails) return
  throw new FoveaError({
    where: `${where} in ${runtime}`,
    expected: exact
      ? `the classifier's own answers on ${images} images (${source}), probabilities to ${FP32_TOLERANCE}`
      : 'probabilities that are numbers',
    received: `${agreeing} equal answers, largest difference ${largestDifference.toPrecision(3)}`,
    fix: 'nothing was kept: the file would answer otherwise than the classifier; please report it with the model',
  })
}
