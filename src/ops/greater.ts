import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { binary } from './kinds/elementwise.js'

/** y = [a > b] */
export const Greater = defineOp(binary('Greater', { apply: (a, b) => (a > b ? 1 : 0), vjp: 'zero', result: 'bool' }))

export const greater = (a: Value, b: Value): Value => a.graph.add(Greater, [a, b])
