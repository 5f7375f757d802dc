import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { sub } from './sub.js'

/** y = tanh x.  dx = dy · (1 - y²) */
export const Tanh = defineOp(
  unary('Tanh', {
    apply: Math.tanh,
    vjp: ({ outputs: [y], gradients: [dy] }) => [mul(dy, sub(scalarLike(y, 1), mul(y, y)))],
  }),
)

export const tanh = (x: Value): Value => x.graph.add(Tanh, [x])
