import { z } from 'zod'
import { cifarCnn } from '../../nn/models/cifar-cnn.js'
import { modelFamily } from './family.js'

const rate = z.number().min(0).lt(1)

export const cifarCnnFamily = modelFamily(
  z.strictObject({
    type: z.literal('cifar-cnn'),
    filters: z
      .tuple([z.int().min(1), z.int().min(1)])
      .default([32, 64])
      .describe('of the two blocks'),
    units: z.int().min(1).default(256).describe('of the hidden dense layer'),
    dropout: z
      .tuple([rate, rate, rate])
      .default([0.2, 0.3, 0.5])
      .describe('after block 1, after block 2, before the last layer'),
  }),
  (model, classes) => cifarCnn(classes, model),
)
