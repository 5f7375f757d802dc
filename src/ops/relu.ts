import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { mul } from './mul.js'
import { positive } from './positive.js'

/** y = max(x, 0).  dx = dy · [y > 0]; the derivative at 0 is taken as 0, as PyTorch and TensorFlow do. */
export const Relu = defineOp(
  unary('Relu', {
    apply: x => Math.max(x, 0),
    vjp: ({ outputs: [y], gradients: [dy] }) => [mul(dy, positive(y))],
  }),
)

export const relu = (x: Value): Value => x.graph.add(Relu, [x])
