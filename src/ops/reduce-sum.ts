import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { broadcastBack } from './kinds/broadcast.js'
import { addReduction, axesOf, reduction } from './kinds/reduction.js'

/** y = Σ x over axes.  dx = dy spread over them */
export const ReduceSum = defineOp(
  reduction('ReduceSum', {
    reduce: values => values.reduce((sum, v) => sum + v, 0),
    vjp: ({ node, inputs, gradients: [dy] }) => [broadcastBack(dy, inputs[0], axesOf(node))],
  }),
)

export const reduceSum = (x: Value, axes?: readonly number[], keepdims = true): Value =>
  addReduction(ReduceSum, x, axes, keepdims)
