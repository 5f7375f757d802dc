import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { mul } from './mul.js'
import { sign } from './sign.js'

/** y = |x|.  dx = dy · sign(x), 0 at 0 */
export const Abs = defineOp(
  unary('Abs', {
    apply: Math.abs,
    vjp: ({ inputs: [x], gradients: [dy] }) => [mul(dy, sign(x))],
  }),
)

export const abs = (x: Value): Value => x.graph.add(Abs, [x])
