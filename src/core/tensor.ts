import { arrayTypeOf, type DType, type TensorData } from './dtype.js'
import { FoveaError } from './errors.js'
import { formatShape, type Shape, sizeOf } from './shape.js'

/** Host bytes + dtype + shape, row-major. (An edge of a graph is a Value, never a Tensor.) */
export interface Tensor {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: TensorData
}

/** Wraps `data` without copying; without `data` the tensor is zero. */
export function tensor(dtype: DType, shape: Shape, data?: TensorData): Tensor {
  const size = sizeOf(shape)
  const held = data ?? new (arrayTypeOf(dtype))(size)
  if (held.length !== size)
    throw new FoveaError({
      where: 'tensor',
      expected: `${size} elements for shape ${formatShape(shape)}`,
      received: `${held.length}`,
    })
  return { dtype, shape, data: held }
}

export const float32 = (values: ArrayLike<number>, shape: Shape = [values.length]): Tensor =>
  tensor('float32', shape, Float32Array.from(values))

/** int64 from plain numbers, the form ONNX wants for shapes, axes and indices. */
export const int64 = (values: readonly number[], shape: Shape = [values.length]): Tensor =>
  tensor('int64', shape, BigInt64Array.from(values, BigInt))

export const scalar = (value: number): Tensor => float32([value], [])

/** The elements as plain numbers. */
export const toNumbers = (t: Tensor): number[] => Array.from(t.data as ArrayLike<number | bigint>, Number)

/** The tensor's bytes, not copied. */
export const bytesOf = (t: Tensor): Uint8Array => new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength)

/** A tensor from little-endian bytes; copies (a Buffer's own `slice` would not), so that it is aligned and independent. */
export function tensorFromBytes(dtype: DType, shape: Shape, bytes: Uint8Array): Tensor {
  const copy = new Uint8Array(bytes)
  const ArrayType = arrayTypeOf(dtype)
  return tensor(dtype, shape, new ArrayType(copy.buffer, 0, sizeOf(shape)))
}
