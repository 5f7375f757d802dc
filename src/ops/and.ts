import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { comparison } from './kinds/elementwise.js'

/** y = [a and b] */
export const And = defineOp(comparison('And', (a, b) => a !== 0 && b !== 0))

export const and = (a: Value, b: Value): Value => a.graph.add(And, [a, b])
