import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'

/** y = the nearest whole number above */
export const Ceil = defineOp(
  unary('Ceil', {
    apply: Math.ceil,
    vjp: 'zero',
  }),
)

export const ceil = (x: Value): Value => x.graph.add(Ceil, [x])
