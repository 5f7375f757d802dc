import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { div } from './div.js'
import { unary } from './kinds/elementwise.js'
import { scale } from './mul.js'

/** y = √x.  dx = dy / 2y */
export const Sqrt = defineOp(
  unary('Sqrt', {
    apply: Math.sqrt,
    vjp: ({ outputs: [y], gradients: [dy] }) => [div(scale(dy, 0.5), y)],
  }),
)

export const sqrt = (x: Value): Value => x.graph.add(Sqrt, [x])
