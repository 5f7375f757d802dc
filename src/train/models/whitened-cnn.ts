import { z } from 'zod'
import { whitenedCnn } from '../../nn/models/whitened-cnn.js'
import { modelFamily } from './family.js'

export const whitenedCnnFamily = modelFamily(
  z.strictObject({
    type: z.literal('whitened-cnn'),
    filters: z.array(z.int().min(1)).min(1).default([32, 64, 128, 128, 128]).describe('of the 3x3 convolutions'),
    pooled: z.array(z.boolean()).default([true, true, false, true, false]).describe('max pooling after each of them'),
    activation: z.enum(['relu', 'gelu', 'silu']).default('relu'),
  }),
  (model, classes) => whitenedCnn(classes, model),
)
