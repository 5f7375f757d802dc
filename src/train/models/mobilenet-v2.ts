import { z } from 'zod'
import { mobileNetV2 } from '../../nn/models/mobilenet-v2.js'
import { dropPath, dropRate, mobileStrides, widthMultiplier } from '../model-fields.js'
import { modelFamily } from './family.js'

export const mobileNetV2Family = modelFamily(
  z.strictObject({
    type: z.literal('mobilenet-v2'),
    width: widthMultiplier,
    strides: mobileStrides,
    dropout: dropRate.default(0.2),
    dropPath,
  }),
  (model, classes) => mobileNetV2(classes, model),
)
