import { z } from 'zod'
import { cifarCnn } from '../nn/models/cifar-cnn.js'
import { whitenedCnn } from '../nn/models/whitened-cnn.js'
import type { Network } from '../nn/network.js'

const dropoutRate = z.number().min(0).lt(1)

const cifarCnnSchema = z.strictObject({
  type: z.literal('cifar-cnn'),
  filters: z
    .tuple([z.int().min(1), z.int().min(1)])
    .default([32, 64])
    .describe('of the two blocks'),
  units: z.int().min(1).default(256).describe('of the hidden dense layer'),
  dropout: z
    .tuple([dropoutRate, dropoutRate, dropoutRate])
    .default([0.2, 0.3, 0.5])
    .describe('after block 1, after block 2, before the last layer'),
})

const whitenedCnnSchema = z.strictObject({
  type: z.literal('whitened-cnn'),
  filters: z.array(z.int().min(1)).min(1).default([32, 64, 128, 128, 128]).describe('of the 3x3 convolutions'),
  pooled: z.array(z.boolean()).default([true, true, false, true, false]).describe('max pooling after each of them'),
  activation: z.enum(['relu', 'gelu', 'silu']).default('relu'),
})

/** Networks that a recipe may name. A new one: its schema here and its line in `buildModel`. */
export const modelSchema = z.discriminatedUnion('type', [cifarCnnSchema, whitenedCnnSchema])
export type ModelData = z.output<typeof modelSchema>

export function buildModel(model: ModelData, classes: number): Network {
  switch (model.type) {
    case 'cifar-cnn':
      return cifarCnn(classes, model)
    case 'whitened-cnn':
      return whitenedCnn(classes, model)
  }
}
