import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { binary } from './kinds/elementwise.js'
import { neg } from './neg.js'

/** y = a - b.  da = dy, db = -dy */
export const Sub = defineOp(
  binary('Sub', {
    apply: (a, b) => a - b,
    vjp: ({ gradients: [dy], needs }) => [dy, needs(1) ? neg(dy) : undefined],
  }),
)

export const sub = (a: Value, b: Value): Value => a.graph.add(Sub, [a, b])
