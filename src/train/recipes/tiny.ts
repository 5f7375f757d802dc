import type { RecipeInput } from '../recipe.js'
import { speed90 } from './speed90.js'

/** For a file below 96 KiB in int8: most weights where images are small, few filters where they are large. */
export const tiny: RecipeInput = {
  ...speed90,
  name: 'tiny',
  description: '82,880 parameters, 94 kB in int8: a whitened network like that of speed90, trained for longer.',
  model: {
    type: 'whitened-cnn',
    filters: [16, 32, 48, 64, 56],
    pooled: [true, true, false, true, false],
  },
  // Few parameters do not learn images by heart; strong smoothing only blurs them.
  loss: { labelSmoothing: 0.1 },
  epochs: 30,
  progressiveResizing: [],
  augmentation: [
    { type: 'randomFlip', mode: 'alternating' },
    { type: 'randomCrop', padding: 2, mode: 'reflect' },
  ],
  testTimeAugmentation: 'none',
}
