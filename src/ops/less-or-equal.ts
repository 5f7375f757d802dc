import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { comparison } from './kinds/elementwise.js'

/** y = [a <= b] */
export const LessOrEqual = defineOp(comparison('LessOrEqual', (a, b) => a <= b))

export const lessOrEqual = (a: Value, b: Value): Value => a.graph.add(LessOrEqual, [a, b])
