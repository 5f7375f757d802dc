import { arrayTypeOf } from '../../core/dtype.js'
import { sizeOf, stridesOf } from '../../core/shape.js'
import { type Tensor, tensor } from '../../core/tensor.js'

/** The tensor with its axes in the order `perm`. */
export function permuted(held: Tensor, perm: readonly number[]): Tensor {
  const strides = stridesOf(held.shape)
  const shape = perm.map(axis => held.shape[axis]!)
  const step = perm.map(axis => strides[axis]!)
  const data = new (arrayTypeOf(held.dtype))(held.data.length)
  const index = new Array<number>(shape.length).fill(0)
  let from = 0
  for (let to = 0; to < data.length; to++) {
    data[to] = held.data[from]! as never
    for (let d = shape.length - 1; d >= 0; d--) {
      from += step[d]!
      if (++index[d]! < shape[d]!) break
      from -= step[d]! * shape[d]!
      index[d] = 0
    }
  }
  return tensor(held.dtype, shape, data)
}

/** The same bytes under another shape. */
export const reshaped = (held: Tensor, shape: readonly number[]): Tensor => tensor(held.dtype, shape, held.data)

/** Elements `indices` along an axis, in that order. */
export function taken(held: Tensor, indices: readonly number[], axis: number): Tensor {
  const inner = sizeOf(held.shape.slice(axis + 1))
  const outer = sizeOf(held.shape.slice(0, axis))
  const size = held.shape[axis]!
  const shape = held.shape.map((dim, d) => (d === axis ? indices.length : dim))
  const data = new (arrayTypeOf(held.dtype))(sizeOf(shape))
  for (let o = 0; o < outer; o++)
    indices.forEach((index, i) => {
      const from = (o * size + index) * inner
      data.set(held.data.subarray(from, from + inner) as never, (o * indices.length + i) * inner)
    })
  return tensor(held.dtype, shape, data)
}

/** The shape without the leading ones, which broadcasting adds by itself. */
export function withoutLeadingOnes(held: Tensor): Tensor {
  const first = held.shape.findIndex(dim => dim !== 1)
  return reshaped(held, first < 0 ? [] : held.shape.slice(first))
}

/** float32 numbers from float64 ones. */
export const floats = (shape: readonly number[], values: ArrayLike<number>): Tensor =>
  tensor('float32', shape, Float32Array.from(values))
