import type { RecipeInput } from '../recipe.js'

/** He et al. 2015, section 4.2, at its batch of 128, with one cycle in place of steps. Few parameters cannot overfit much: no label smoothing. */
export const resnet20: RecipeInput = {
  name: 'resnet20',
  description: 'ResNet-20 of the paper, 0.27 M parameters: SGD with momentum, one cycle, crops and flips.',
  dataset: 'cifar10',
  model: { type: 'resnet-cifar', depth: 20 },
  preprocess: 'dataset',
  optimizer: { type: 'sgd', learningRate: 0.2, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  schedule: { type: 'one-cycle', peak: 0.2 },
  batchSize: 128,
  epochs: 100,
  augmentation: [{ type: 'randomFlip' }, { type: 'randomCrop', padding: 4 }],
}
