import { z } from 'zod'
import { visionTransformer } from '../../nn/models/vision-transformer.js'
import { dropPath, dropRate } from '../model-fields.js'
import { modelFamily } from './family.js'

export const visionTransformerFamily = modelFamily(
  z.strictObject({
    type: z.literal('vision-transformer'),
    patchSize: z.int().min(1).default(4),
    width: z.int().min(1).default(192).describe('of a token'),
    depth: z.int().min(1).default(6),
    heads: z.int().min(1).default(3),
    mlpRatio: z.number().gt(0).default(4).describe("inner width in multiples of the token's"),
    pool: z.enum(['token', 'average']).default('token').describe('what the class is read from'),
    layerScaleInitial: z.number().gt(0).optional().describe('factors of the residual ways at the start; none: no such'),
    dropout: dropRate.default(0),
    dropPath,
  }),
  (model, classes) => visionTransformer(classes, model),
)
