import type { RecipeInput } from '../recipe.js'

/** The ResNet-18 that CIFAR-10 is commonly trained with: the 7x7 stem and its pooling would leave an image of 32 pixels 8 wide. */
export const resnet18: RecipeInput = {
  name: 'resnet18',
  description: 'ResNet-18 with a 3x3 stem, 11.2 M parameters: SGD with momentum, one cycle, crops and flips.',
  dataset: 'cifar10',
  model: { type: 'resnet', depth: 18, stem: 'cifar' },
  preprocess: 'dataset',
  loss: { labelSmoothing: 0.1 },
  optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  schedule: { type: 'one-cycle', peak: 0.2 },
  batchSize: 128,
  epochs: 30,
  augmentation: [{ type: 'randomFlip' }, { type: 'randomCrop', padding: 4 }],
}
