import type { Classifier } from '../../classifier/classifier.js'
import { predict } from '../../classifier/predict.js'
import { FoveaError } from '../../core/errors.js'
import { wilsonInterval } from '../../evaluate/intervals.js'
import { predictedClasses } from '../../evaluate/ranking.js'

/** Labelled images, uint8 [count, C, H, W]. */
export interface ComparedImages {
  images: Uint8Array
  count: number
  labels: ArrayLike<number>
}

export interface Standing {
  accuracy: number
  /** 95 %, Wilson. */
  accuracyInterval: [number, number]
  sizeBytes: number
}

/** A classifier beside what was made of it, on the same images. */
export interface Comparison {
  images: number
  before: Standing
  after: Standing
  /** Images whose most probable class is the same. */
  agreeing: number
  /** Largest |difference| of a probability. */
  largestDifference: number
}

/** @throws FoveaError where the second one gives something else than numbers */
export async function compareTwins(
  before: Classifier,
  after: Classifier,
  { images, count, labels }: ComparedImages,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Comparison> {
  const part = (from: number) => (done: number) => onProgress(from + done, 2 * count)
  const expected = await predict(before, images, { onProgress: part(0) })
  const received = await predict(after, images, { onProgress: part(count) })
  let largestDifference = 0
  received.forEach((p, i) => {
    if (!Number.isFinite(p))
      throw new FoveaError({ where: 'comparison', expected: 'probabilities that are numbers', received: String(p) })
    largestDifference = Math.max(largestDifference, Math.abs(p - expected[i]!))
  })
  const classes = before.classNames.length
  const [first, second] = [predictedClasses(expected, classes), predictedClasses(received, classes)]
  const standing = (predicted: Int32Array, { model }: Classifier): Standing => {
    const right = predicted.filter((c, i) => c === labels[i]).length
    return { accuracy: right / count, accuracyInterval: wilsonInterval(right, count), sizeBytes: model.length }
  }
  return {
    images: count,
    before: standing(first, before),
    after: standing(second, after),
    agreeing: first.filter((c, i) => c === second[i]).length,
    largestDifference,
  }
}
