import type { RecipeInput } from '../recipe.js'
import { baseline } from './baseline.js'
import { walkThroughAugmented } from './walk-through-augmented.js'

/**
 * `baseline` with the augmentation of the walk-through, Keras' ImageDataGenerator, with less decay and less dropout: both
 * on top of that augmentation were too much for it (docs/decisions/0007).
 */
export const baselineAugmented: RecipeInput = {
  ...baseline,
  name: 'baseline-augmented',
  optimizer: { type: 'adamw', learningRate: 1.5e-3, weightDecay: 0.1 },
  description: 'baseline with random rotation, shifts, zoom and flips, as Keras’ ImageDataGenerator makes them.',
  model: { type: 'cifar-cnn', dropout: [0, 0.1, 0.3] },
  augmentation: walkThroughAugmented.augmentation,
}
