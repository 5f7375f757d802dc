import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { comparison } from './kinds/elementwise.js'

/** y = [a = b] */
export const Equal = defineOp(comparison('Equal', (a, b) => a === b))

export const equal = (a: Value, b: Value): Value => a.graph.add(Equal, [a, b])
