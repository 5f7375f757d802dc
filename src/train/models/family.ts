import type { z } from 'zod'
import type { Network } from '../../nn/network.js'

/** A family of networks as a recipe names it: its fields, `type` among them, and the network that they mean. */
export interface ModelFamily<Schema extends z.ZodObject> {
  schema: Schema
  build(model: z.output<Schema>, classes: number): Network
}

export const modelFamily = <Schema extends z.ZodObject>(
  schema: Schema,
  build: ModelFamily<Schema>['build'],
): ModelFamily<Schema> => ({ schema, build })
