import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { mul } from './mul.js'
import { neg } from './neg.js'
import { sin } from './sin.js'

/** y = cos x.  dx = -dy · sin x */
export const Cos = defineOp(
  unary('Cos', {
    apply: Math.cos,
    vjp: ({ inputs: [x], gradients: [dy] }) => [neg(mul(dy, sin(x)))],
  }),
)

export const cos = (x: Value): Value => x.graph.add(Cos, [x])
