import { z } from 'zod'
import type { Network } from '../../nn/network.js'
import { cifarCnnFamily } from './cifar-cnn.js'
import { densenetFamily } from './densenet.js'
import type { ModelFamily } from './family.js'
import { resnetFamily } from './resnet.js'
import { resnetCifarFamily } from './resnet-cifar.js'
import { vggFamily } from './vgg.js'
import { whitenedCnnFamily } from './whitened-cnn.js'
import { wideResnetFamily } from './wide-resnet.js'

/** Every family of networks that a recipe may name, one file each. */
export const modelFamilies = [
  cifarCnnFamily,
  whitenedCnnFamily,
  resnetCifarFamily,
  resnetFamily,
  wideResnetFamily,
  densenetFamily,
  vggFamily,
] as const

type SchemasOf<Families extends readonly ModelFamily<z.ZodObject>[]> = {
  [Index in keyof Families]: Families[Index]['schema']
}

const schemas = modelFamilies.map(({ schema }) => schema) as unknown as SchemasOf<typeof modelFamilies>
export const modelSchema = z.discriminatedUnion('type', schemas)
export type ModelData = z.output<typeof modelSchema>

export function buildModel(model: ModelData, classes: number): Network {
  const family = modelFamilies.find(({ schema }) => schema.shape.type.value === model.type) as
    | ModelFamily<z.ZodObject>
    | undefined
  return family!.build(model, classes)
}
