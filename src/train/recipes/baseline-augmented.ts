import type { RecipeInput } from '../recipe.js'
import { baseline } from './baseline.js'

/** `baseline`, decayed less, with the augmentation of the walk-through: Keras' ImageDataGenerator. */
export const baselineAugmented: RecipeInput = {
  ...baseline,
  name: 'baseline-augmented',
  optimizer: { type: 'adamw', learningRate: 1.5e-3, weightDecay: 0.1 },
  description: 'baseline with random rotation, shifts, zoom and flips, as Keras’ ImageDataGenerator makes them.',
  augmentation: [
    {
      type: 'imageDataGenerator',
      rotationRange: 15,
      widthShiftRange: 0.1,
      heightShiftRange: 0.1,
      horizontalFlip: true,
      zoomRange: 0.2,
    },
  ],
}
