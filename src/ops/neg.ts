import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'

/** y = -x.  dx = -dy */
export const Neg = defineOp(unary('Neg', { apply: x => -x, vjp: ({ gradients: [dy] }) => [neg(dy)] }))

export const neg = (x: Value): Value => x.graph.add(Neg, [x])
