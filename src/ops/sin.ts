import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { cos } from './cos.js'
import { unary } from './kinds/elementwise.js'
import { mul } from './mul.js'

/** y = sin x.  dx = dy · cos x */
export const Sin = defineOp(
  unary('Sin', {
    apply: Math.sin,
    vjp: ({ inputs: [x], gradients: [dy] }) => [mul(dy, cos(x))],
  }),
)

export const sin = (x: Value): Value => x.graph.add(Sin, [x])
