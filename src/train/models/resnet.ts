import { z } from 'zod'
import { resnet } from '../../nn/models/resnet.js'
import { modelFamily } from './family.js'

export const resnetFamily = modelFamily(
  z.strictObject({
    type: z.literal('resnet'),
    depth: z.literal([18, 34, 50, 101]).default(18),
    stem: z
      .enum(['imagenet', 'cifar'])
      .default('cifar')
      .describe('imagenet quarters the image at once; cifar keeps its size'),
  }),
  (model, classes) => resnet(classes, model),
)
