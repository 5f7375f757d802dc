import { z } from 'zod'
import { efficientNet, efficientNetSizes } from '../../nn/models/efficientnet.js'
import { dropPath, dropRate, mobileStrides } from '../model-fields.js'
import { modelFamily } from './family.js'

export const efficientNetFamily = modelFamily(
  z.strictObject({
    type: z.literal('efficientnet'),
    size: z.enum(efficientNetSizes).default('b0'),
    strides: mobileStrides,
    dropout: dropRate.optional().describe("before the last layer; default: the size's own"),
    dropPath,
  }),
  (model, classes) => efficientNet(classes, model),
)
