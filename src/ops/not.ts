import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'

/** y = not x, of booleans */
export const Not = defineOp(unary('Not', { apply: x => (x === 0 ? 1 : 0), vjp: 'zero' }))

export const not = (x: Value): Value => x.graph.add(Not, [x])
