import { isFloating } from '../core/dtype.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { binary } from './kinds/elementwise.js'
import { mul } from './mul.js'
import { neg } from './neg.js'

/** y = a / b, cut to a whole number between integers.  da = dy / b, db = -dy · y / b */
export const Div = defineOp(
  binary('Div', {
    apply: (a, b, dtype) => (isFloating(dtype) ? a / b : Math.trunc(a / b)),
    vjp: ({ inputs: [, b], outputs: [y], gradients: [dy], needs }) => [
      needs(0) ? div(dy, b) : undefined,
      needs(1) ? neg(div(mul(dy, y), b)) : undefined,
    ],
  }),
)

export const div = (a: Value, b: Value): Value => a.graph.add(Div, [a, b])
