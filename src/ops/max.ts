import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { variadic } from './kinds/elementwise.js'
import { extremumGradients } from './kinds/extremum.js'

/** y = the largest of the operands.  The gradient goes to the operand chosen; operands that tie share it equally. */
export const Max = defineOp(variadic('Max', { apply: values => Math.max(...values), vjp: extremumGradients }))

export const max = (...operands: readonly [Value, ...Value[]]): Value => operands[0].graph.add(Max, operands)
