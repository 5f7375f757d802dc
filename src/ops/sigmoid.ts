import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { sub } from './sub.js'

/** y = 1 / (1 + e⁻ˣ).  dx = dy · y · (1 - y) */
export const Sigmoid = defineOp(
  unary('Sigmoid', {
    apply: x => 1 / (1 + Math.exp(-x)),
    vjp: ({ outputs: [y], gradients: [dy] }) => [mul(dy, mul(y, sub(scalarLike(y, 1), y)))],
  }),
)

export const sigmoid = (x: Value): Value => x.graph.add(Sigmoid, [x])
