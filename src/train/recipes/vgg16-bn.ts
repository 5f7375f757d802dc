import type { RecipeInput } from '../recipe.js'

/** Simonyan & Zisserman 2014, configuration D, for images of 32 pixels. */
export const vgg16Bn: RecipeInput = {
  name: 'vgg16-bn',
  description:
    'VGG-16 with batch normalisation and one layer as head, 14.7 M parameters: SGD with momentum, cosine decay, crops and flips.',
  dataset: 'cifar10',
  model: { type: 'vgg', depth: 16, head: 'cifar', dropout: 0.2 },
  preprocess: 'dataset',
  loss: { labelSmoothing: 0.1 },
  optimizer: { type: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  schedule: { type: 'warm-up', epochs: 1, followedBy: { type: 'cosine' } },
  batchSize: 128,
  epochs: 40,
  augmentation: [{ type: 'randomFlip' }, { type: 'randomCrop', padding: 4 }],
}
