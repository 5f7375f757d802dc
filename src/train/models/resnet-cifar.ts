import { z } from 'zod'
import { resnetCifar } from '../../nn/models/resnet-cifar.js'
import { modelFamily } from './family.js'

export const resnetCifarFamily = modelFamily(
  z.strictObject({
    type: z.literal('resnet-cifar'),
    depth: z
      .int()
      .min(8)
      .refine(depth => depth % 6 === 2, 'a depth of 6n + 2: 20, 32, 44, 56, 110')
      .default(20),
    version: z.literal([1, 2]).default(1).describe('1: activation after the sum; 2: before each convolution'),
    filters: z
      .tuple([z.int().min(1), z.int().min(1), z.int().min(1)])
      .default([16, 32, 64])
      .describe('of the three stages'),
    shortcut: z
      .enum(['zero-padding', 'projection'])
      .default('zero-padding')
      .describe('how a shortcut reaches more channels; zeros have no parameters'),
  }),
  (model, classes) => resnetCifar(classes, model),
)
