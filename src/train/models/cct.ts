import { z } from 'zod'
import { cct } from '../../nn/models/cct.js'
import { dropPath, dropRate } from '../model-fields.js'
import { modelFamily } from './family.js'

export const cctFamily = modelFamily(
  z.strictObject({
    type: z.literal('cct'),
    depth: z.int().min(1).default(7),
    heads: z.int().min(1).default(4),
    width: z.int().min(1).default(256).describe('of a token'),
    mlpRatio: z.number().gt(0).default(2).describe("inner width in multiples of the token's"),
    convolutions: z.int().min(1).max(4).default(1).describe('of the tokenizer'),
    kernelSize: z.int().min(1).default(3).describe("window of the tokenizer's convolutions"),
    dropout: dropRate.default(0),
    attentionDropout: dropRate.default(0.1),
    dropPath: dropPath.default(0.1),
  }),
  (model, classes) => cct(classes, model),
)
