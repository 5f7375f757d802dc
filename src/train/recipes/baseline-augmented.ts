import type { RecipeInput } from '../recipe.js'
import { baseline } from './baseline.js'
import { walkThroughAugmented } from './walk-through-augmented.js'

/** `baseline`, decayed less, with the augmentation of the walk-through: Keras' ImageDataGenerator. */
export const baselineAugmented: RecipeInput = {
  ...baseline,
  name: 'baseline-augmented',
  optimizer: { type: 'adamw', learningRate: 1.5e-3, weightDecay: 0.1 },
  description: 'baseline with random rotation, shifts, zoom and flips, as Keras’ ImageDataGenerator makes them.',
  // The length that was measured: docs/decisions/0007.
  epochs: 40,
  augmentation: walkThroughAugmented.augmentation,
}
