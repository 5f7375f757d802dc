import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { mul } from './mul.js'
import { sigmoid } from './sigmoid.js'

/** y = ln(1 + eˣ).  dx = dy · sigmoid(x) */
export const Softplus = defineOp(
  unary('Softplus', {
    apply: x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    vjp: ({ inputs: [x], gradients: [dy] }) => [mul(dy, sigmoid(x))],
  }),
)

export const softplus = (x: Value): Value => x.graph.add(Softplus, [x])
