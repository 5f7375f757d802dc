import type { DType } from '../../../core/dtype.js'

/** TensorFlow's names of the element types that a TensorFlow.js graph has. */
export type TfType = 'DT_FLOAT' | 'DT_INT32' | 'DT_BOOL'

/** TensorFlow.js computes in float32 and int32: bytes and 64-bit indices become int32. */
export const tfTypes: Partial<Record<DType, TfType>> = {
  float32: 'DT_FLOAT',
  int32: 'DT_INT32',
  int64: 'DT_INT32',
  uint8: 'DT_INT32',
  int8: 'DT_INT32',
  bool: 'DT_BOOL',
}

interface TfShape {
  dim: { size: string }[]
}

/** AttrValue of a GraphDef in JSON: 64-bit integers are strings, byte strings base64. */
export type TfAttribute =
  | { type: TfType }
  | { s: string }
  | { i: string }
  | { f: number }
  | { b: boolean }
  | { shape: TfShape }
  | { tensor: { dtype: TfType; tensorShape: TfShape } }
  | { list: { i: string[] } }

/** NodeDef: inputs are `node` or, for later outputs, `node:index`. */
export interface TfNode {
  name: string
  op: string
  input: string[]
  attr: Record<string, TfAttribute>
}

export const tfShape = (shape: readonly (number | string)[]): TfShape => ({
  dim: shape.map(dim => ({ size: String(typeof dim === 'number' ? dim : -1) })),
})

export const text = (value: string): TfAttribute => ({ s: Buffer.from(value).toString('base64') })
export const flag = (value: boolean): TfAttribute => ({ b: value })
export const number = (value: number): TfAttribute => ({ f: value })
export const integer = (value: number): TfAttribute => ({ i: String(value) })
export const integers = (values: readonly number[]): TfAttribute => ({ list: { i: values.map(String) } })
