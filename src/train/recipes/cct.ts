import type { RecipeInput } from '../recipe.js'
import { convnext } from './convnext.js'

/** CCT-4/3x2 of the paper, with its optimizer; the larger members are a matter of `--set model.depth=7 ...`. */
export const cct: RecipeInput = {
  ...convnext,
  name: 'cct',
  description: 'CCT-4/3x2 (0.48 M parameters): a transformer whose tokens come from two convolutions.',
  model: { type: 'cct', depth: 4, heads: 2, width: 128, mlpRatio: 1, convolutions: 2 },
  optimizer: { type: 'adamw', learningRate: 5e-4, epsilon: 1e-8, weightDecay: 0.06 },
  schedule: { type: 'warm-up', epochs: 10, followedBy: { type: 'cosine' } },
  epochs: 200,
}
