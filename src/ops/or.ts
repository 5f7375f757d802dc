import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { comparison } from './kinds/elementwise.js'

/** y = [a or b] */
export const Or = defineOp(comparison('Or', (a, b) => a !== 0 || b !== 0))

export const or = (a: Value, b: Value): Value => a.graph.add(Or, [a, b])
