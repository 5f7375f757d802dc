import { FoveaError } from '../core/errors.js'
import { randomStream } from '../core/random.js'
import type { ImageSet } from './image-set.js'
import type { Ring } from './loader-ring.js'
import { compileTransforms } from './transforms/compile.js'
import { createMixer, splitMixing } from './transforms/mix.js'
import type { Transform } from './transforms/schema.js'

/** All that decides the bytes of every batch; the number of workers is not among it. */
export interface BatchPlan {
  set: Pick<ImageSet, 'name' | 'shape' | 'count' | 'images' | 'labels'>
  batchSize: number
  seed: number
  transforms: readonly Transform[]
  shuffle: boolean
  dropRemainder: boolean
  startStep: number
}

export const stepsPerEpoch = ({ set, batchSize, dropRemainder }: BatchPlan): number =>
  dropRemainder ? Math.floor(set.count / batchSize) : Math.ceil(set.count / batchSize)

/** Where step number `step` of a run lies, and how many images it has (fewer only in a kept remainder). */
export function placeOf(plan: BatchPlan, step: number): { epoch: number; from: number; count: number } {
  const perEpoch = stepsPerEpoch(plan)
  const epoch = Math.floor(step / perEpoch)
  const from = (step - epoch * perEpoch) * plan.batchSize
  return { epoch, from, count: Math.min(plan.batchSize, plan.set.count - from) }
}

/** Fills slot n % slots with batch n, counted from the loader's first. One per thread: it keeps the epoch's order. */
export function createProducer(plan: BatchPlan, ring: Ring): (n: number) => void {
  const { set, seed } = plan
  const { single, mixing } = splitMixing(plan.transforms)
  const augment = compileTransforms(single, set.shape)
  const mix = mixing.length ? createMixer(mixing, set.shape) : undefined
  const key = { seed, epoch: 0, index: 0 }
  let order: Int32Array | undefined
  let orderEpoch = -1
  return n => {
    const { epoch, from, count } = placeOf(plan, plan.startStep + n)
    if (plan.shuffle && epoch !== orderEpoch) order = randomStream(seed, 'order', epoch).permutation(set.count)
    orderEpoch = epoch
    key.epoch = epoch
    const first = (n % ring.slots) * ring.batchSize
    for (let i = 0; i < count; i++) {
      const index = order ? order[from + i]! : from + i
      const at = index * ring.imageBytes
      if (at + ring.imageBytes > set.images.length)
        throw new FoveaError({
          where: `loader of '${set.name}'`,
          expected: `pixels for ${set.count} images`,
          received: `none for image ${index}`,
        })
      key.index = index
      augment(set.images, at, ring.images, (first + i) * ring.imageBytes, key)
      ring.labels[first + i] = set.labels[index]!
      ring.indices[first + i] = index
    }
    mix?.(
      {
        pixels: ring.images.subarray(first * ring.imageBytes, (first + count) * ring.imageBytes),
        labels: ring.labels.subarray(first, first + count),
        indices: ring.indices.subarray(first, first + count),
      },
      { other: ring.otherLabels.subarray(first), share: ring.labelShares.subarray(first) },
      key,
    )
  }
}
