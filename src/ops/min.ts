import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { variadic } from './kinds/elementwise.js'
import { extremumGradients } from './kinds/extremum.js'

/** y = the smallest of the operands.  The gradient goes to the operand chosen; operands that tie share it equally. */
export const Min = defineOp(variadic('Min', { apply: values => Math.min(...values), vjp: extremumGradients }))

export const min = (...operands: readonly [Value, ...Value[]]): Value => operands[0].graph.add(Min, operands)
