import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { keepAxes } from './kinds/broadcast.js'
import { addReduction, axesOf, reduction } from './kinds/reduction.js'
import { mul, scale } from './mul.js'

/** y = Σ x² over axes.  dx = 2 x · dy */
export const ReduceSumSquare = defineOp(
  reduction('ReduceSumSquare', {
    reduce: values => values.reduce((sum, v) => sum + v * v, 0),
    vjp: ({ node, inputs: [x], gradients: [dy] }) => [mul(x, keepAxes(scale(dy, 2), x, axesOf(node)))],
  }),
)

export const reduceSumSquare = (x: Value, axes?: readonly number[], keepdims = true): Value =>
  addReduction(ReduceSumSquare, x, axes, keepdims)
