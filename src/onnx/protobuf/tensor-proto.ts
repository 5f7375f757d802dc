import { arrayTypeOf, type DType, dtypeOfOnnxNumber, dtypes, type TensorData } from '../../core/dtype.js'
import { FoveaError } from '../../core/errors.js'
import { formatShape } from '../../core/shape.js'
import { type Tensor, tensor, tensorFromBytes } from '../../core/tensor.js'
import { elementTypes, filledFields } from './element-types.js'
import type { TensorProto } from './messages.js'

/**
 * Refuses a tensor that points out of its file. A path in `external_data` can name any file of the machine
 * (CVE-2022-25882, CVE-2024-27318, CVE-2026-27489, -34446, -34447), so none is ever followed.
 */
export function refuseExternalData({ name, external_data, data_location }: TensorProto, where: string): void {
  if (external_data.length === 0 && !data_location) return
  const location = external_data.find(entry => entry.key === 'location')?.value
  throw new FoveaError({
    where,
    expected: 'a tensor whose bytes are in the file',
    received: `external data${name ? ` of '${name}'` : ''}${location === undefined ? '' : ` at '${location}'`}`,
    fix: 'save the model as one file, with its weights inside',
  })
}

/** Checks element type, dimensions and amount of data against each other; gives the number of elements. */
export function checkTensorData(proto: TensorProto, where: string, maxRank: number): number {
  const refuse = (expected: string, received: string): never => {
    throw new FoveaError({ where: proto.name ? `${where} '${proto.name}'` : where, expected, received })
  }
  const { dims, raw_data } = proto
  const type = elementTypes[proto.data_type ?? 0] ?? refuse('an element type', `number ${proto.data_type ?? 0}`)
  if (dims.length > maxRank) refuse(`at most ${maxRank} dimensions`, String(dims.length))
  for (const dim of dims) if (!Number.isSafeInteger(dim) || dim < 0) refuse('dimensions from 0 up', formatShape(dims))
  const count = dims.includes(0) ? 0 : dims.reduce((product, dim) => product * dim, 1)
  if (!Number.isSafeInteger(count * Math.max(type.bits, 8))) refuse('a size that exists', formatShape(dims))
  if (proto.segment) refuse('a tensor in one piece', 'a segment')
  const filled = filledFields(proto)
  if (raw_data?.length) {
    const expected = Math.ceil((count * type.bits) / 8)
    if (type.bits === 0) refuse(`no raw data for ${type.name}`, `${raw_data.length} bytes`)
    if (filled.length) refuse('raw data or typed data', 'both')
    if (raw_data.length !== expected)
      refuse(`${expected} bytes for ${type.name}${formatShape(dims)}`, `${raw_data.length}`)
    return count
  }
  const numbers = Math.ceil(count * type.perElement)
  if (filled.some(field => field !== type.field)) refuse(`${type.field} for ${type.name}`, filled.join(' and '))
  if (proto[type.field].length !== numbers)
    refuse(`${numbers} numbers for ${type.name}${formatShape(dims)}`, String(proto[type.field].length))
  return count
}

/** The tensor's own copy of the data, aligned. Expects a tensor that passed both checks above. */
export function tensorOf(proto: TensorProto, where: string): Tensor {
  const dtype = dtypeOfOnnxNumber(proto.data_type ?? 0)
  if (!dtype)
    throw new FoveaError({
      where: proto.name ? `${where} '${proto.name}'` : where,
      expected: `one of ${dtypes.join(', ')}`,
      received: elementTypes[proto.data_type ?? 0]?.name ?? `element type ${proto.data_type}`,
    })
  if (!proto.raw_data?.length) return tensor(dtype, proto.dims, typedData(proto, dtype, where))
  const held = tensorFromBytes(dtype, proto.dims, proto.raw_data)
  // A bool that is neither 0 nor 1 is undefined behaviour in native code.
  if (dtype === 'bool') for (let i = 0; i < held.data.length; i++) held.data[i] = held.data[i] === 0 ? 0 : 1
  return held
}

function typedData(proto: TensorProto, dtype: DType, where: string): TensorData {
  if (dtype === 'float32') return proto.float_data
  if (dtype === 'float64') return proto.double_data
  if (dtype === 'int64') return proto.int64_data
  const data = new (arrayTypeOf(dtype))(proto.int32_data.length)
  for (let i = 0; i < data.length; i++) {
    const value = proto.int32_data[i]!
    data[i] = dtype === 'bool' ? Number(value !== 0) : value
    if (dtype !== 'bool' && data[i] !== value)
      throw new FoveaError({
        where: `${where} '${proto.name ?? ''}'`,
        expected: `values of ${dtype}`,
        received: `${value}`,
      })
  }
  return data
}
