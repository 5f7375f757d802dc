import type { RecipeInput } from '../recipe.js'
import { speed90 } from './speed90.js'

/** airbench94 whole (Jordan 2024, arXiv 2404.00498), with the batch, the rates and the length that suit two cores. */
export const speed94: RecipeInput = {
  ...speed90,
  name: 'speed94',
  description: 'airbench94 with Muon on two cores: 94 % from scratch, images of 24 pixels first.',
  model: {
    type: 'whitened-cnn',
    filters: [64, 64, 256, 256, 256, 256],
    pooled: [true, false, true, false, true, false],
    activation: 'gelu',
  },
  epochs: 12,
  progressiveResizing: [{ size: 24, until: 0.6 }],
  augmentation: [
    { type: 'randomFlip', mode: 'alternating' },
    { type: 'randomCrop', padding: 2, mode: 'reflect' },
  ],
}
