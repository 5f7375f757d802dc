import { z } from 'zod'
import { vgg } from '../../nn/models/vgg.js'
import { modelFamily } from './family.js'

export const vggFamily = modelFamily(
  z.strictObject({
    type: z.literal('vgg'),
    depth: z.literal([11, 13, 16, 19]).default(16),
    head: z
      .enum(['imagenet', 'cifar'])
      .default('cifar')
      .describe('imagenet: two hidden layers of 4096 units, for images of 224 pixels; cifar: none'),
    dropout: z.number().min(0).lt(1).default(0).describe('before the layers of the head'),
  }),
  (model, classes) => vgg(classes, model),
)
