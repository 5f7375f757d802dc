import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { div } from './div.js'
import { unary } from './kinds/elementwise.js'

/** y = ln x.  dx = dy / x */
export const Log = defineOp(
  unary('Log', {
    apply: Math.log,
    vjp: ({ inputs: [x], gradients: [dy] }) => [div(dy, x)],
  }),
)

export const log = (x: Value): Value => x.graph.add(Log, [x])
