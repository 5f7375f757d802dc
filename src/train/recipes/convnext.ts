import type { RecipeInput } from '../recipe.js'

/** A small ConvNeXt: the first patches are 2 x 2, so that 32 x 32 images leave 16, 8, 4 and 2 pixels a side. */
export const convnext: RecipeInput = {
  name: 'convnext',
  description: 'A small ConvNeXt (3.4 M parameters) on 2 x 2 patches: AdamW, warm-up and cosine, stochastic depth.',
  dataset: 'cifar10',
  model: {
    type: 'convnext',
    patchSize: 2,
    depths: [2, 2, 6, 2],
    dims: [40, 80, 160, 320],
    layerScaleInitial: 0.1,
    dropPath: 0.1,
  },
  preprocess: 'dataset',
  loss: { labelSmoothing: 0.1 },
  optimizer: { type: 'adamw', learningRate: 1e-3, epsilon: 1e-8, weightDecay: 0.05 },
  clipNorm: 1,
  schedule: { type: 'warm-up', epochs: 5, followedBy: { type: 'cosine' } },
  batchSize: 128,
  epochs: 100,
  augmentation: [
    { type: 'randomFlip', mode: 'random' },
    { type: 'randomCrop', padding: 4, mode: 'reflect' },
  ],
  testTimeAugmentation: 'mirror',
}
