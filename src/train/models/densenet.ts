import { z } from 'zod'
import { densenet } from '../../nn/models/densenet.js'
import { modelFamily } from './family.js'

export const densenetFamily = modelFamily(
  z.strictObject({
    type: z.literal('densenet'),
    blocks: z
      .array(z.int().min(1))
      .min(1)
      .default([6, 6, 6])
      .describe('layers of each dense block: 6, 6, 6 is depth 40; 16, 16, 16 is 100; 6, 12, 24, 16 is 121'),
    growthRate: z.int().min(1).default(12).describe('channels that each layer adds'),
    stem: z
      .enum(['imagenet', 'cifar'])
      .default('cifar')
      .describe('imagenet quarters the image at once; cifar keeps its size'),
  }),
  (model, classes) => densenet(classes, model),
)
