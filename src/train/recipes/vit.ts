import type { RecipeInput } from '../recipe.js'
import { convnext } from './convnext.js'

/** A compact ViT. Without pretraining a transformer needs many epochs; `cct` learns more from few images. */
export const vit: RecipeInput = {
  ...convnext,
  name: 'vit',
  description: 'A compact Vision Transformer (2.7 M parameters) on 4 x 4 patches: AdamW, warm-up and cosine.',
  model: { type: 'vision-transformer', patchSize: 4, width: 192, depth: 6, heads: 3, pool: 'average', dropPath: 0.1 },
  optimizer: { type: 'adamw', learningRate: 5e-4, epsilon: 1e-8, weightDecay: 0.05 },
  schedule: { type: 'warm-up', epochs: 10, followedBy: { type: 'cosine' } },
  epochs: 200,
}
