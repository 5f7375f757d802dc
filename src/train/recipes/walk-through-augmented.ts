import type { RecipeInput } from '../recipe.js'
import { walkThrough } from './walk-through.js'

/** `walk-through` with the walk-through's own augmentation: Keras' ImageDataGenerator. */
export const walkThroughAugmented = {
  ...walkThrough,
  name: 'walk-through-augmented',
  description: 'walk-through with random rotation, shifts, zoom and flips, as Keras’ ImageDataGenerator makes them.',
  augmentation: [
    {
      type: 'imageDataGenerator' as const,
      rotationRange: 15,
      widthShiftRange: 0.1,
      heightShiftRange: 0.1,
      horizontalFlip: true,
      zoomRange: 0.2,
    },
  ],
} satisfies RecipeInput
