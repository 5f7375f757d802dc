import type { RecipeInput } from '../recipe.js'

/** MobileNetV2 with the strides and the training that are usual for 32 x 32 images. */
export const mobilenetV2: RecipeInput = {
  name: 'mobilenet-v2',
  description: 'MobileNetV2 at full width for 32 x 32 images: SGD with momentum, cosine schedule, crops and flips.',
  dataset: 'cifar10',
  model: { type: 'mobilenet-v2', strides: 'cifar' },
  preprocess: 'dataset',
  loss: { labelSmoothing: 0.1 },
  optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  schedule: { type: 'warm-up', epochs: 2, followedBy: { type: 'cosine' } },
  batchSize: 128,
  epochs: 60,
  augmentation: [
    { type: 'randomFlip', mode: 'random' },
    { type: 'randomCrop', padding: 4, mode: 'reflect' },
  ],
  testTimeAugmentation: 'mirror',
}
