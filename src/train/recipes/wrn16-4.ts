import type { RecipeInput } from '../recipe.js'

/** Zagoruyko & Komodakis 2016, section 3, with its decay and batch, and a cosine in place of steps. */
export const wrn16x4: RecipeInput = {
  name: 'wrn16-4',
  description: 'Wide ResNet 16-4, 2.7 M parameters: SGD with momentum, cosine decay, crops and flips.',
  dataset: 'cifar10',
  model: { type: 'wide-resnet', depth: 16, width: 4 },
  preprocess: 'dataset',
  optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  schedule: { type: 'cosine' },
  batchSize: 128,
  epochs: 60,
  augmentation: [{ type: 'randomFlip' }, { type: 'randomCrop', padding: 4 }],
}
