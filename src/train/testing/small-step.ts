import { unitRange } from '../../classifier/preprocess.js'
import { randomStream } from '../../core/random.js'
import { categoricalCrossentropy } from '../../nn/losses/categorical-crossentropy.js'
import type { Layer } from '../../nn/scope.js'
import { adam } from '../../optim/adam.js'
import type { StepOptions } from '../step-graph.js'
import type { StepInput } from '../step-runner.js'

export const SMALL_BATCH = 8

/** A step of 8 images of 8 x 8 and three classes. */
export const smallStep = (layer: Layer, more: Partial<StepOptions> = {}): StepOptions => ({
  layer,
  inputShape: [3, 8, 8],
  classes: 3,
  batchSize: SMALL_BATCH,
  preprocess: unitRange,
  loss: categoricalCrossentropy(),
  optimizer: adam({ learningRate: 0.01 }),
  ...more,
})

/** Random images; each step has its own. */
export function smallInput(step: number, more: Partial<StepInput> = {}): StepInput {
  const images = new Uint8Array(SMALL_BATCH * 192)
  randomStream(5, step).fillBytes(images)
  const labels = Int32Array.from({ length: SMALL_BATCH }, (_, i) => (i + step) % 3)
  return { images, labels, step, rateFactor: 1, ...more }
}
