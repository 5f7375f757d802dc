import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'

/** y = x.  dx = dy */
export const Identity = defineOp(unary('Identity', { apply: x => x, vjp: ({ gradients: [dy] }) => [dy] }))

export const identity = (x: Value): Value => x.graph.add(Identity, [x])
