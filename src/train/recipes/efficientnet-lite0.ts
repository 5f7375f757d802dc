import type { RecipeInput } from '../recipe.js'
import { mobilenetV2 } from './mobilenet-v2.js'

/** EfficientNet-Lite0, made to be quantized for phones: ReLU6 and no squeeze-excitation. Trained as `mobilenet-v2` is. */
export const efficientnetLite0: RecipeInput = {
  ...mobilenetV2,
  name: 'efficientnet-lite0',
  description: 'EfficientNet-Lite0 for 32 x 32 images, the form made for phones: ReLU6, no squeeze-excitation.',
  model: { type: 'efficientnet', size: 'lite0', strides: 'cifar' },
}
