import { UsageError } from '../../core/errors.js'
import { type RandomStream, randomStream } from '../../core/random.js'
import type { CutMix, MixUp, Transform } from './schema.js'

type Shape = readonly [channels: number, height: number, width: number]
type Mixing = MixUp | CutMix

const isMixing = (transform: Transform): transform is Mixing =>
  transform.type === 'mixUp' || transform.type === 'cutMix'

/** True: batches of this plan have two labels for each image. */
export const mixes = (plan: readonly Transform[]): boolean => plan.some(isMixing)

/** The part of a plan that changes one image at a time, and the part that mixes two of a batch, which comes last. */
export function splitMixing(plan: readonly Transform[]): { single: Transform[]; mixing: Mixing[] } {
  const first = plan.findIndex(isMixing)
  const single = first < 0 ? [...plan] : plan.slice(0, first)
  const rest = first < 0 ? [] : plan.slice(first)
  const stray = rest.find(transform => !isMixing(transform))
  if (stray)
    throw new UsageError({
      where: 'transforms',
      expected: `'${stray.type}' before '${rest[0]!.type}': what mixes images comes last`,
      received: plan.map(({ type }) => type).join(', '),
    })
  return { single, mixing: rest.filter(isMixing) }
}

/** What mixing writes of each image of a batch. */
export interface MixedLabels {
  /** Class of the image that was mixed in. */
  other: Int32Array
  /** Share of the image's own class, in [0, 1]. */
  share: Float32Array
}

/** Images of a batch, one after the other, and which they are. */
export interface MixedBatch {
  pixels: Uint8Array
  /** Class of each image. */
  labels: Int32Array
  /** Index of each image in the set. */
  indices: Int32Array
}

/**
 * Mixes every image of a batch with the next one, the last with the first (batches are shuffled, so the next one is a
 * random one); shares are drawn from `randomStream(seed, 'mix', epoch, index)`. Of two ways in the plan each image takes
 * one by a coin. In place; pixels stay 8-bit.
 */
export function createMixer(
  mixing: readonly Mixing[],
  shape: Shape,
): (batch: MixedBatch, into: MixedLabels, key: { seed: number; epoch: number }) => void {
  const size = shape[0] * shape[1] * shape[2]
  const first = new Uint8Array(size)
  return ({ pixels, labels, indices }, { other, share }, { seed, epoch }) => {
    const count = labels.length
    first.set(pixels.subarray(0, size))
    for (let i = 0; i < count; i++) {
      const image = pixels.subarray(i * size, (i + 1) * size)
      const partner = i + 1 < count ? pixels.subarray((i + 1) * size, (i + 2) * size) : first
      const stream = randomStream(seed, 'mix', epoch, indices[i]!)
      const way = mixing[mixing.length === 1 ? 0 : stream.integer(mixing.length)]!
      other[i] = labels[(i + 1) % count]!
      share[i] = stream.chance(way.probability) ? mixImages(way, image, partner, shape, stream) : 1
    }
  }
}

/** Mixes `partner` into `image` and gives the share of `image`. */
function mixImages(way: Mixing, image: Uint8Array, partner: Uint8Array, shape: Shape, stream: RandomStream): number {
  const share = symmetricBeta(way.alpha, stream)
  if (way.type === 'cutMix') return paste(image, partner, shape, share, stream)
  for (let i = 0; i < image.length; i++) image[i] = Math.round(share * image[i]! + (1 - share) * partner[i]!)
  return share
}

/** Yun et al. 2019, section 3.1: a rectangle of area 1 - share about a random pixel, cut off at the border. */
function paste(
  image: Uint8Array,
  partner: Uint8Array,
  [channels, height, width]: Shape,
  share: number,
  stream: RandomStream,
): number {
  const cut = Math.sqrt(1 - share)
  const [h, w] = [Math.trunc(height * cut), Math.trunc(width * cut)]
  const [row, column] = [stream.integer(height), stream.integer(width)]
  const top = Math.max(0, row - (h >> 1))
  const bottom = Math.min(height, row + (h >> 1))
  const left = Math.max(0, column - (w >> 1))
  const right = Math.min(width, column + (w >> 1))
  for (let c = 0; c < channels; c++)
    for (let y = top; y < bottom; y++) {
      const start = (c * height + y) * width
      image.set(partner.subarray(start + left, start + right), start + left)
    }
  return 1 - ((bottom - top) * (right - left)) / (height * width)
}

/** A draw from Beta(alpha, alpha). */
export function symmetricBeta(alpha: number, stream: RandomStream): number {
  if (alpha > 1) {
    const [a, b] = [gamma(alpha, stream), gamma(alpha, stream)]
    return a / (a + b)
  }
  // Jöhnk 1964, in logarithms: for a small alpha both powers may be too small to be told from 0.
  for (;;) {
    const a = Math.log(1 - stream.uniform()) / alpha
    const b = Math.log(1 - stream.uniform()) / alpha
    const larger = Math.max(a, b)
    const logSum = larger + Math.log(Math.exp(a - larger) + Math.exp(b - larger))
    if (logSum <= 0) return Math.exp(a - logSum)
  }
}

/** Marsaglia and Tsang 2000, for a shape of at least 1. */
function gamma(shape: number, stream: RandomStream): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = stream.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - stream.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
