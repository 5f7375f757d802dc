import { z } from 'zod'

/** Fields that several families of networks have. */
export const dropRate = z.number().min(0).lt(1)
export const dropPath = dropRate
  .default(0)
  .describe('rate of stochastic depth at the last block; earlier ones have less, in proportion')
export const widthMultiplier = z.number().gt(0).max(4).default(1).describe('multiplies the filters')
export const mobileStrides = z
  .enum(['imagenet', 'cifar'])
  .default('imagenet')
  .describe('imagenet: images shrink by 32 in all; cifar: by 8, for images of 32 x 32')
