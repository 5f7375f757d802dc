import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'

/** y = -1, 0 or 1 */
export const Sign = defineOp(
  unary('Sign', {
    apply: Math.sign,
    vjp: 'zero',
  }),
)

export const sign = (x: Value): Value => x.graph.add(Sign, [x])
