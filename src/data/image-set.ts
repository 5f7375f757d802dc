import { FoveaError, UsageError } from '../core/errors.js'
import { randomStream } from '../core/random.js'

/**
 * Labelled images of one size, ready for a batch: 8-bit pixels, planar, all in one block of memory. Sets made by this
 * room are backed by a SharedArrayBuffer, so that loader workers read them without a copy.
 */
export interface ImageSet {
  readonly name: string
  readonly classNames: readonly string[]
  /** [C, H, W] of every image. */
  readonly shape: readonly [channels: number, height: number, width: number]
  readonly count: number
  /** uint8 [count, C, H, W], values 0 .. 255. */
  readonly images: Uint8Array
  /** Class index of every image, [count]; Uint16Array where there are more than 256 classes. */
  readonly labels: Uint8Array | Uint16Array
}

export interface Dataset {
  readonly name: string
  readonly classNames: readonly string[]
  readonly train: ImageSet
  readonly validation?: ImageSet
  readonly test?: ImageSet
  /** Files left out because they could not be read, where that was asked for. */
  readonly skipped?: readonly SkippedImage[]
}

/** A file that was left out, and why. */
export interface SkippedImage {
  path: string
  reason: string
}

/** Bytes of one image. */
export const imageSizeBytes = (shape: ImageSet['shape']): number => shape[0] * shape[1] * shape[2]

/** Zeroed memory that worker threads can see. */
export const sharedBytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length))

/** Zeroed labels in the smallest type that holds `classes` classes, visible to worker threads. */
export const sharedLabels = (count: number, classes: number): Uint8Array | Uint16Array =>
  classes <= 256 ? sharedBytes(count) : new Uint16Array(new SharedArrayBuffer(count * 2))

/** Builds a set after checking that its parts agree: sizes, and every label inside the class names. */
export function imageSet(parts: Omit<ImageSet, 'count'>): ImageSet {
  const { name, classNames, shape, images, labels } = parts
  const count = labels.length
  const where = `image set '${name}'`
  if (images.length !== count * imageSizeBytes(shape))
    throw new FoveaError({
      where,
      expected: `${count * imageSizeBytes(shape)} bytes for ${count} images of [${shape.join(', ')}]`,
      received: `${images.length}`,
    })
  for (let i = 0; i < count; i++)
    if (labels[i]! >= classNames.length)
      throw new FoveaError({
        where,
        expected: `labels below ${classNames.length}, the number of classes`,
        received: `${labels[i]} for image ${i}`,
      })
  return { name, classNames, shape, count, images, labels }
}

/** Image i as a view, [C, H, W]; writing to it changes the set. */
export function image(set: ImageSet, i: number): Uint8Array {
  if (!Number.isInteger(i) || i < 0 || i >= set.count)
    throw new UsageError({
      where: `image of '${set.name}'`,
      expected: `an index from 0 to ${set.count - 1}`,
      received: String(i),
    })
  const size = imageSizeBytes(set.shape)
  return set.images.subarray(i * size, (i + 1) * size)
}

/** The images at `indices`, in that order, copied into a set of their own; an index may repeat. */
export function subset(set: ImageSet, indices: ArrayLike<number>, name = set.name): ImageSet {
  const size = imageSizeBytes(set.shape)
  const images = sharedBytes(indices.length * size)
  const labels = sharedLabels(indices.length, set.classNames.length)
  for (let to = 0; to < indices.length; to++) {
    images.set(image(set, indices[to]!), to * size)
    labels[to] = set.labels[indices[to]!]!
  }
  return { name, classNames: set.classNames, shape: set.shape, count: indices.length, images, labels }
}

/**
 * Disjoint random parts of the given sizes. Not stratified: the images are shuffled by `randomStream(seed, 'split')`
 * and cut in order, so class counts vary a little between parts; the same seed gives the same parts on any machine.
 * The sizes may sum to less than the set; the rest is left out.
 */
export function split(set: ImageSet, sizes: readonly number[], { seed }: { seed: number }): ImageSet[] {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total > set.count || sizes.some(size => !Number.isInteger(size) || size < 1))
    throw new UsageError({
      where: `split of '${set.name}'`,
      expected: `whole sizes of at least 1 that sum to at most ${set.count}`,
      received: `[${sizes.join(', ')}], sum ${total}`,
      fix: 'make the parts smaller',
    })
  const order = randomStream(seed, 'split').permutation(set.count)
  let from = 0
  return sizes.map(size => subset(set, order.subarray(from, (from += size))))
}

/** How many images each class has, in class order. */
export function classCounts(set: ImageSet): number[] {
  const counts = new Array<number>(set.classNames.length).fill(0)
  for (const label of set.labels) counts[label]!++
  return counts
}
