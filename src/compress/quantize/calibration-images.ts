import { FoveaError, UsageError } from '../../core/errors.js'
import { randomStream } from '../../core/random.js'
import { classCounts, type ImageSet, subset } from '../../data/image-set.js'

/**
 * `count` images with every class in equal parts (as far as its images reach), class after class in turn, so that each
 * batch is a mixture. Drawn by `randomStream(seed, 'calibration', class)`: the same seed, the same images.
 * @throws UsageError for a count that cannot be had, FoveaError where a class has no image at all
 */
export function calibrationImages(set: ImageSet, count: number, { seed = 1 }: { seed?: number } = {}): ImageSet {
  const classes = set.classNames.length
  const where = `calibration images of '${set.name}'`
  const counts = classCounts(set)
  const missing = set.classNames.filter((_, c) => counts[c] === 0)
  if (missing.length)
    throw new FoveaError({
      where,
      expected: 'images of every class: ranges measured without one are not those of use',
      received: `none of ${missing.map(name => `'${name}'`).join(', ')}`,
      fix: 'add images of it to the training images',
    })
  if (!Number.isInteger(count) || count < classes || count > set.count)
    throw new UsageError({
      where,
      expected: `a whole number from ${classes} (one image for each class) to ${set.count}`,
      received: String(count),
    })
  const byClass = Array.from({ length: classes }, (): number[] => [])
  set.labels.forEach((label, i) => {
    byClass[label]!.push(i)
  })
  const orders = byClass.map((indices, c) =>
    Array.from(randomStream(seed, 'calibration', c).permutation(indices.length), i => indices[i]!),
  )
  const chosen: number[] = []
  for (let round = 0; chosen.length < count; round++)
    for (const order of orders) if (round < order.length && chosen.length < count) chosen.push(order[round]!)
  return subset(set, chosen)
}
