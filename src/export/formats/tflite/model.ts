import type { BuiltinName, TensorType } from './schema.js'

/** real = scale · (integer - zeroPoint), per tensor or per element of an axis. */
export interface TensorQuantization {
  scale: readonly number[]
  zeroPoint: readonly number[]
  axis: number
}

export interface TfliteTensor {
  name: string
  type: TensorType
  /** -1 where the size is known only when the model runs. */
  shape: readonly number[]
  /** The bytes of a constant. */
  data?: Uint8Array
  quantization?: TensorQuantization
}

/** Values of option fields by their names in the schema. */
export type OptionValues = Readonly<Record<string, number | boolean | readonly number[]>>

export interface TfliteOperator {
  builtin: BuiltinName
  version: number
  /** Indices of tensors; -1: an optional input left out. */
  inputs: readonly number[]
  outputs: readonly number[]
  options?: OptionValues
}

/** One TFLite file with one subgraph. */
export interface TfliteModel {
  description: string
  tensors: readonly TfliteTensor[]
  operators: readonly TfliteOperator[]
  inputs: readonly number[]
  outputs: readonly number[]
  /** Named buffers beside the graph. */
  metadata: readonly { name: string; data: Uint8Array }[]
}
