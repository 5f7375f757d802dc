import { dtypeOfOnnxNumber, dtypes } from '../../core/dtype.js'
import { FoveaError } from '../../core/errors.js'
import { type Dim, formatShape } from '../../core/shape.js'
import type { ValueType } from '../ir.js'
import { elementTypes } from './element-types.js'
import type { DimensionProto, ValueInfoProto } from './messages.js'

const kinds = ['sequence_type', 'map_type', 'opaque_type', 'sparse_tensor_type', 'optional_type'] as const

/** The declared type; with `optional`, undefined where the file leaves type or shape open. */
export function typeOf(info: ValueInfoProto, optional = false): ValueType | undefined {
  const where = `ONNX file, value '${info.name ?? ''}'`
  const other = info.type && kinds.find(kind => info.type![kind])
  if (other)
    throw new FoveaError({ where, expected: 'a tensor', received: other.replace('_type', '').replace('_', ' ') })
  const { elem_type, shape } = info.type?.tensor_type ?? {}
  if (!elem_type || !shape) {
    if (optional) return undefined
    throw new FoveaError({ where, expected: 'an element type and a shape', received: elem_type ? 'no shape' : 'none' })
  }
  const dtype = dtypeOfOnnxNumber(elem_type)
  if (!dtype)
    throw new FoveaError({
      where,
      expected: `one of ${dtypes.join(', ')}`,
      received: elementTypes[elem_type]?.name ?? `element type ${elem_type}`,
    })
  return { dtype, shape: shape.dim.map((dim, i) => dimOf(dim, `${info.name ?? ''}.${i}`, where)) }
}

function dimOf({ dim_value, dim_param }: DimensionProto, unnamed: string, where: string): Dim {
  if (dim_value === undefined) return dim_param || unnamed
  if (Number.isSafeInteger(dim_value) && dim_value >= 0) return dim_value
  throw new FoveaError({ where, expected: 'dimensions from 0 up, or named', received: String(dim_value) })
}

/** Names of dimensions are the writer's choice; sizes must agree where both sides know one. */
export const agree = (a: ValueType, b: ValueType): boolean =>
  a.dtype === b.dtype &&
  a.shape.length === b.shape.length &&
  a.shape.every((dim, i) => dim === b.shape[i] || typeof dim === 'string' || typeof b.shape[i] === 'string')

export const describeType = ({ dtype, shape }: ValueType): string => `${dtype}${formatShape(shape)}`
