import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { mul } from './mul.js'

/** y = eˣ.  dx = dy · y */
export const Exp = defineOp(
  unary('Exp', {
    apply: Math.exp,
    vjp: ({ outputs: [y], gradients: [dy] }) => [mul(dy, y)],
  }),
)

export const exp = (x: Value): Value => x.graph.add(Exp, [x])
