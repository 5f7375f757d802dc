import type { Value } from '../../onnx/ir.js'
import { pad } from '../pad.js'
import { reshape } from '../reshape.js'
import { crop } from '../slice.js'

/** x with `step - 1` zeros between neighbours along `axis`: the transpose of taking every step-th element. */
export function insertZeros(x: Value, axis: number, step: number): Value {
  const count = x.shape[axis] as number
  if (step === 1 || count === 1) return x
  const before = x.shape.slice(0, axis)
  const after = x.shape.slice(axis + 1)
  const columns = reshape(x, [...before, count, 1, ...after])
  const pads = [...columns.shape, ...columns.shape].map((_, i) =>
    i === columns.shape.length + axis + 1 ? step - 1 : 0,
  )
  const spread = reshape(pad(columns, pads), [...before, count * step, ...after])
  const last = spread.shape.length - axis
  return crop(
    spread,
    Array.from({ length: 2 * last }, (_, i) => (i === last ? step - 1 : 0)),
  )
}
