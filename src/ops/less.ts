import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { comparison } from './kinds/elementwise.js'

/** y = [a < b] */
export const Less = defineOp(comparison('Less', (a, b) => a < b))

export const less = (a: Value, b: Value): Value => a.graph.add(Less, [a, b])
