import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { exp } from './exp.js'
import { keepAxes } from './kinds/broadcast.js'
import { addReduction, axesOf, reduction } from './kinds/reduction.js'
import { mul } from './mul.js'
import { sub } from './sub.js'

/** The largest is taken out first, so that no exponential overflows. */
function logSumExp(values: Float64Array): number {
  const top = Math.max(...values)
  return top + Math.log(values.reduce((sum, v) => sum + Math.exp(v - top), 0))
}

/** y = ln Σ eˣ over axes.  dx = dy · e⁽ˣ⁻ʸ⁾, a softmax */
export const ReduceLogSumExp = defineOp(
  reduction('ReduceLogSumExp', {
    reduce: logSumExp,
    vjp: ({ node, inputs: [x], outputs: [y], gradients: [dy] }) => {
      const axes = axesOf(node)
      return [mul(exp(sub(x, keepAxes(y, x, axes))), keepAxes(dy, x, axes))]
    },
  }),
)

export const reduceLogSumExp = (x: Value, axes?: readonly number[], keepdims = true): Value =>
  addReduction(ReduceLogSumExp, x, axes, keepdims)
