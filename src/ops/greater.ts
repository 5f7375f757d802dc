import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { comparison } from './kinds/elementwise.js'

/** y = [a > b] */
export const Greater = defineOp(comparison('Greater', (a, b) => a > b))

export const greater = (a: Value, b: Value): Value => a.graph.add(Greater, [a, b])
