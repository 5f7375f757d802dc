import type { RecipeInput } from '../recipe.js'
import { resnet18 } from './resnet18.js'

/** ResNet-18 with the regularisation that a long training wants; hours on two cores, or a graphics processor. */
export const accuracy96: RecipeInput = {
  ...resnet18,
  name: 'accuracy96',
  description: 'ResNet-18, 120 epochs: TrivialAugment, cutout, averaged weights. Made for 96 %; hours on two cores.',
  schedule: { type: 'warm-up', epochs: 2, followedBy: { type: 'cosine' } },
  averaging: { type: 'ema', decay: 0.9995 },
  epochs: 120,
  augmentation: [
    { type: 'randomFlip' },
    { type: 'randomCrop', padding: 4 },
    { type: 'trivialAugment' },
    { type: 'cutout', size: 8 },
  ],
  testTimeAugmentation: 'mirror',
}
