import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { div } from './div.js'
import { equal } from './equal.js'
import { keepAxes } from './kinds/broadcast.js'
import { addReduction, axesOf, reduction } from './kinds/reduction.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { where } from './where.js'

/** y = √Σ x² over axes.  dx = x · dy / y; where all x are 0 it is taken as 0, as PyTorch does */
export const ReduceL2 = defineOp(
  reduction('ReduceL2', {
    reduce: values => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0)),
    vjp: ({ node, inputs: [x], outputs: [y], gradients: [dy] }) => {
      const safe = where(equal(y, scalarLike(y, 0)), scalarLike(y, 1), y)
      return [mul(x, keepAxes(div(dy, safe), x, axesOf(node)))]
    },
  }),
)

export const reduceL2 = (x: Value, axes?: readonly number[], keepdims = true): Value =>
  addReduction(ReduceL2, x, axes, keepdims)
