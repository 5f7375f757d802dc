import { unitRange } from '../../classifier/preprocess.js'
import { randomStream } from '../../core/random.js'
import { type ImageSet, imageSet, sharedBytes } from '../../data/image-set.js'
import { conv2d } from '../../nn/layers/conv2d.js'
import { dense } from '../../nn/layers/dense.js'
import { dropout } from '../../nn/layers/dropout.js'
import { flatten } from '../../nn/layers/shape.js'
import { categoricalCrossentropy } from '../../nn/losses/categorical-crossentropy.js'
import { sequential } from '../../nn/network.js'
import { adam } from '../../optim/adam.js'
import { constantRate } from '../../optim/schedules.js'
import type { Snapshot } from '../fit-host.js'
import type { TrainingPlan } from '../plan.js'
import { runTraining } from '../training.js'

/** Noise in three classes that differ by their mean: 48 images of 3 x 6 x 6. */
export function tinyImages(count = 48): ImageSet {
  const images = sharedBytes(count * 108)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3)
  const stream = randomStream(2, 'tiny images')
  images.forEach((_, i) => {
    images[i] = 40 * labels[Math.floor(i / 108)]! + stream.integer(150)
  })
  return imageSet({ name: 'tiny', classNames: ['a', 'b', 'c'], shape: [3, 6, 6], images, labels })
}

/** Two epochs of six steps. */
export const tinyPlan = (more: Partial<TrainingPlan> = {}): TrainingPlan => ({
  layer: sequential([
    conv2d(4, 3, { activation: 'relu' }),
    flatten(),
    dropout(0.25),
    dense(8, { activation: 'relu' }),
    dense(3),
  ]),
  training: tinyImages(),
  validation: undefined,
  preprocess: unitRange,
  loss: categoricalCrossentropy(),
  optimizer: adam({ learningRate: 0.01 }),
  schedule: constantRate(),
  averaging: undefined,
  accumulate: 1,
  recomputeSegments: undefined,
  lossScaling: undefined,
  quantizationAware: undefined,
  kernelRegularizer: undefined,
  clipNorm: undefined,
  classWeights: undefined,
  transforms: [],
  progressiveResizing: [],
  batchSize: 8,
  epochs: 2,
  seed: 4,
  callbacks: [],
  ...more,
})

/** Trains in this thread; gives the snapshot after the last step. */
export async function trainTiny(
  plan: TrainingPlan,
  { maxSteps, snapshot }: { maxSteps?: number; snapshot?: Snapshot } = {},
): Promise<Snapshot> {
  let last: Snapshot | undefined
  await runTraining(plan, {
    device: 'cpu',
    threads: 1,
    dataWorkers: 0,
    maxSteps,
    snapshot,
    onEvent: () => undefined,
    save: async at => {
      last = at
    },
    files: { append: () => undefined, truncate: () => undefined },
    interrupted: () => false,
  })
  return last!
}
