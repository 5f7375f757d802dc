import { FoveaError } from '../core/errors.js'
import type { ImageSet } from './image-set.js'

/** Per-channel constants of the pre-processing that lives inside every graph: y = (x / 255 - mean) / standardDeviation. */
export interface Normalization {
  /** One per channel, on the scale 0 .. 1. */
  readonly mean: readonly number[]
  readonly standardDeviation: readonly number[]
}

/** Measured on the training images of each data set, the figures that its literature uses. */
export const normalizations: Readonly<Record<string, Normalization>> = {
  cifar10: { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.247, 0.2435, 0.2616] },
  cifar100: { mean: [0.5071, 0.4865, 0.4409], standardDeviation: [0.2673, 0.2564, 0.2762] },
}

/** The constants of any set, measured over all its pixels, per channel; a constant channel gets deviation 1. */
export function measureNormalization(set: ImageSet): Normalization {
  if (set.count === 0)
    throw new FoveaError({ where: `normalization of '${set.name}'`, expected: 'at least one image', received: 'none' })
  const [channels, height, width] = set.shape
  const area = height * width
  const mean: number[] = []
  const standardDeviation: number[] = []
  for (let c = 0; c < channels; c++) {
    // A histogram makes both sums exact: there are only 256 pixel values.
    const histogram = new Float64Array(256)
    for (let i = 0; i < set.count; i++) {
      const from = (i * channels + c) * area
      for (let p = from; p < from + area; p++) histogram[set.images[p]!]!++
    }
    const pixels = set.count * area
    const average = histogram.reduce((sum, n, value) => sum + n * value, 0) / pixels
    const variance = histogram.reduce((sum, n, value) => sum + n * (value - average) ** 2, 0) / pixels
    mean.push(average / 255)
    standardDeviation.push(variance > 0 ? Math.sqrt(variance) / 255 : 1)
  }
  return { mean, standardDeviation }
}
