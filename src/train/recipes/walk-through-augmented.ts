import type { RecipeInput } from '../recipe.js'
import { walkThrough } from './walk-through.js'

/** `walk-through` with the augmentation of the walk-through: Keras' ImageDataGenerator. */
export const walkThroughAugmented: RecipeInput = {
  ...walkThrough,
  name: 'walk-through-augmented',
  description: 'walk-through with random rotation, shifts, zoom and flips, as Keras’ ImageDataGenerator makes them.',
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
