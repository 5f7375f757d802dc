import { z } from 'zod'
import { mobileNetV3 } from '../../nn/models/mobilenet-v3.js'
import { dropPath, dropRate, mobileStrides, widthMultiplier } from '../model-fields.js'
import { modelFamily } from './family.js'

export const mobileNetV3Family = modelFamily(
  z.strictObject({
    type: z.literal('mobilenet-v3'),
    size: z.enum(['large', 'small']).default('large'),
    width: widthMultiplier,
    strides: mobileStrides,
    dropout: dropRate.default(0.2),
    dropPath,
  }),
  (model, classes) => mobileNetV3(classes, model),
)
