import type { TensorProto } from './messages.js'

type DataField = 'float_data' | 'int32_data' | 'string_data' | 'int64_data' | 'double_data' | 'uint64_data'

export interface ElementType {
  name: string
  /** Bits of one element in raw data; 0: never raw. */
  bits: number
  /** The field that holds its elements where raw data is not used. */
  field: DataField
  /** Numbers of that field per element (complex types: 2, four-bit types: two elements in one number). */
  perElement: number
}

const element = (name: string, bits: number, field: DataField, perElement = 1): ElementType => ({
  name,
  bits,
  field,
  perElement,
})

/** TensorProto.DataType: every element type of the standard, so that foreign files can be checked as well. */
export const elementTypes: Readonly<Record<number, ElementType>> = {
  1: element('FLOAT', 32, 'float_data'),
  2: element('UINT8', 8, 'int32_data'),
  3: element('INT8', 8, 'int32_data'),
  4: element('UINT16', 16, 'int32_data'),
  5: element('INT16', 16, 'int32_data'),
  6: element('INT32', 32, 'int32_data'),
  7: element('INT64', 64, 'int64_data'),
  8: element('STRING', 0, 'string_data'),
  9: element('BOOL', 8, 'int32_data'),
  10: element('FLOAT16', 16, 'int32_data'),
  11: element('DOUBLE', 64, 'double_data'),
  12: element('UINT32', 32, 'uint64_data'),
  13: element('UINT64', 64, 'uint64_data'),
  14: element('COMPLEX64', 64, 'float_data', 2),
  15: element('COMPLEX128', 128, 'double_data', 2),
  16: element('BFLOAT16', 16, 'int32_data'),
  17: element('FLOAT8E4M3FN', 8, 'int32_data'),
  18: element('FLOAT8E4M3FNUZ', 8, 'int32_data'),
  19: element('FLOAT8E5M2', 8, 'int32_data'),
  20: element('FLOAT8E5M2FNUZ', 8, 'int32_data'),
  21: element('UINT4', 4, 'int32_data', 0.5),
  22: element('INT4', 4, 'int32_data', 0.5),
  23: element('FLOAT4E2M1', 4, 'int32_data', 0.5),
  24: element('FLOAT8E8M0', 8, 'int32_data'),
  25: element('UINT2', 2, 'int32_data', 0.25),
  26: element('INT2', 2, 'int32_data', 0.25),
}

const dataFields: readonly DataField[] = [
  'float_data',
  'int32_data',
  'string_data',
  'int64_data',
  'double_data',
  'uint64_data',
]

/** The data fields that hold something. */
export const filledFields = (tensor: TensorProto): DataField[] => dataFields.filter(field => tensor[field].length > 0)
