import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { comparison } from './kinds/elementwise.js'

/** y = [a >= b] */
export const GreaterOrEqual = defineOp(comparison('GreaterOrEqual', (a, b) => a >= b))

export const greaterOrEqual = (a: Value, b: Value): Value => a.graph.add(GreaterOrEqual, [a, b])
