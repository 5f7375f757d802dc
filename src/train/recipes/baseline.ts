import type { RecipeInput } from '../recipe.js'

/**
 * Network and images of the classic Keras walk-through of CIFAR-10, trained to its end. The rate falls along a cosine
 * instead of at plateaus of the validation loss, which come early while dropout makes it noisy; decoupled decay and
 * label smoothing keep the 1.1 million parameters from learning the images by heart. docs/decisions/0007.
 */
export const baseline: RecipeInput = {
  name: 'baseline',
  description: 'The network of the classic Keras walk-through of CIFAR-10: four convolutions; AdamW, no augmentation.',
  dataset: 'cifar10',
  model: { type: 'cifar-cnn' },
  preprocess: 'dataset',
  loss: { labelSmoothing: 0.1 },
  optimizer: { type: 'adamw', learningRate: 1.5e-3, weightDecay: 0.2 },
  schedule: { type: 'warm-up', epochs: 1, followedBy: { type: 'cosine' } },
  batchSize: 128,
  epochs: 50,
  callbacks: [{ type: 'model-checkpoint', monitor: 'validationAccuracy' }],
  testTimeAugmentation: 'mirror',
}
