import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { binary } from './kinds/elementwise.js'

/** y = a + b.  da = dy, db = dy */
export const Add = defineOp(binary('Add', { apply: (a, b) => a + b, vjp: ({ gradients: [dy] }) => [dy, dy] }))

export const add = (a: Value, b: Value): Value => a.graph.add(Add, [a, b])
