import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { mul } from './mul.js'
import { neg } from './neg.js'

/** y = 1 / x.  dx = -dy · y² */
export const Reciprocal = defineOp(
  unary('Reciprocal', {
    apply: x => 1 / x,
    vjp: ({ outputs: [y], gradients: [dy] }) => [neg(mul(dy, mul(y, y)))],
  }),
)

export const reciprocal = (x: Value): Value => x.graph.add(Reciprocal, [x])
