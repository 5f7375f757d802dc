import type { RecipeInput } from '../recipe.js'

/** Huang et al. 2017, section 4.2, with its decay and batch, and a cosine in place of steps. */
export const densenetBc40x12: RecipeInput = {
  name: 'densenet-bc-40-12',
  description:
    'DenseNet-BC of depth 40 and growth 12, 0.18 M parameters: SGD with momentum, cosine decay, crops and flips.',
  dataset: 'cifar10',
  model: { type: 'densenet', blocks: [6, 6, 6], growthRate: 12 },
  preprocess: 'dataset',
  optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
  schedule: { type: 'cosine' },
  batchSize: 64,
  epochs: 100,
  augmentation: [{ type: 'randomFlip' }, { type: 'randomCrop', padding: 4 }],
}
