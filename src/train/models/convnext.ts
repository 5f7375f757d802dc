import { z } from 'zod'
import { convNeXt } from '../../nn/models/convnext.js'
import { dropPath, dropRate } from '../model-fields.js'
import { modelFamily } from './family.js'

export const convNeXtFamily = modelFamily(
  z.strictObject({
    type: z.literal('convnext'),
    depths: z.array(z.int().min(1)).min(1).max(8).default([3, 3, 9, 3]).describe('blocks of each stage'),
    dims: z.array(z.int().min(1)).min(1).max(8).default([96, 192, 384, 768]).describe('channels of each stage'),
    patchSize: z.int().min(1).default(4).describe('size and stride of the stem'),
    kernelSize: z.int().min(1).default(7).describe('of the depthwise convolutions, odd'),
    layerScaleInitial: z.number().gt(0).default(1e-6).describe('factors of the residual ways at the start'),
    dropout: dropRate.default(0),
    dropPath,
  }),
  (model, classes) => convNeXt(classes, model),
)
