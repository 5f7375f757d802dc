import { FoveaError } from '../core/errors.js'
import { stridesOf } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'

const permutation = (perm: unknown, rank: number): readonly number[] =>
  (perm as readonly number[] | undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)

/** y = x with its axes in the order `perm` (default: reversed).  dx = dy with them back */
export const Transpose = defineOp({
  name: 'Transpose',
  domain: '',
  attributes: { perm: { type: 'ints', optional: true } },
  arity: [1, 1],
  infer({ types, attributes, where }) {
    const x = types[0]!
    const perm = permutation(attributes.perm, x.shape.length)
    if (perm.length !== x.shape.length || x.shape.some((_, axis) => !perm.includes(axis)))
      throw new FoveaError({
        where,
        expected: `an order of the axes 0 to ${x.shape.length - 1}`,
        received: `[${perm.join(', ')}]`,
      })
    return [{ dtype: x.dtype, shape: perm.map(axis => x.shape[axis]!) }]
  },
  vjp({ inputs: [x], attributes, gradients: [dy] }) {
    const perm = permutation(attributes.perm, x.shape.length)
    return [
      transpose(
        dy,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ]
  },
  evaluate({ inputs: [x], attributes, outputs }) {
    const shape = outputs[0]!.shape as number[]
    const strides = stridesOf(x.shape)
    const step = permutation(attributes.perm, shape.length).map(axis => strides[axis]!)
    const data = new Float64Array(x.data.length)
    const index = new Array<number>(shape.length).fill(0)
    let from = 0
    for (let to = 0; to < data.length; to++) {
      data[to] = x.data[from]!
      for (let d = shape.length - 1; d >= 0; d--) {
        from += step[d]!
        if (++index[d]! < shape[d]!) break
        from -= step[d]! * shape[d]!
        index[d] = 0
      }
    }
    return [{ shape, data }]
  },
})

/** x itself where the order does not change. */
export const transpose = (x: Value, perm: readonly number[]): Value =>
  perm.every((axis, i) => axis === i) ? x : x.graph.add(Transpose, [x], { perm })

/** The last two axes swapped: the transposed matrices. */
export function swapLast(x: Value): Value {
  const rank = x.shape.length
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2])
}
