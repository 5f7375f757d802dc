import type { RecipeInput } from '../recipe.js'

/** The classic Keras walk-through of CIFAR-10, line by line. It ended at 79 % of the test images. */
export const walkThrough: RecipeInput = {
  name: 'walk-through',
  description: 'The classic Keras walk-through of CIFAR-10: two blocks of two convolutions, Adam, no augmentation.',
  dataset: 'cifar10',
  model: { type: 'cifar-cnn' },
  preprocess: 'unit-range',
  optimizer: { type: 'adam', learningRate: 1e-3 },
  batchSize: 64,
  epochs: 50,
  callbacks: [
    {
      type: 'reduce-lr-on-plateau',
      monitor: 'validationLoss',
      factor: 0.5,
      patience: 3,
      minLearningRate: 1e-6,
    },
    { type: 'early-stopping', monitor: 'validationLoss', patience: 10, restoreBest: true },
    { type: 'model-checkpoint', monitor: 'validationLoss' },
  ],
}
