import { z } from 'zod'
import { wideResnet } from '../../nn/models/wide-resnet.js'
import { modelFamily } from './family.js'

export const wideResnetFamily = modelFamily(
  z.strictObject({
    type: z.literal('wide-resnet'),
    depth: z
      .int()
      .min(10)
      .refine(depth => depth % 6 === 4, 'a depth of 6n + 4: 16, 22, 28, 40')
      .default(16),
    width: z.int().min(1).default(4).describe('times 16, 32 and 64 filters'),
    dropout: z.number().min(0).lt(1).default(0).describe('between the convolutions of a block'),
  }),
  (model, classes) => wideResnet(classes, model),
)
