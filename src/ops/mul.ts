import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { binary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'

/** y = a · b.  da = dy · b, db = dy · a */
export const Mul = defineOp(
  binary('Mul', {
    apply: (a, b) => a * b,
    vjp: ({ inputs: [a, b], gradients: [dy], needs }) => [
      needs(0) ? mul(dy, b) : undefined,
      needs(1) ? mul(dy, a) : undefined,
    ],
  }),
)

export const mul = (a: Value, b: Value): Value => a.graph.add(Mul, [a, b])

/** x times a number. */
export const scale = (x: Value, factor: number): Value => (factor === 1 ? x : mul(x, scalarLike(x, factor)))
