import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { exp } from './exp.js'
import { unary } from './kinds/elementwise.js'
import { errorFunction } from './kinds/error-function.js'
import { mul, scale } from './mul.js'
import { neg } from './neg.js'

/** y = erf x.  dx = dy · 2/√π · exp(-x²) */
export const Erf = defineOp(
  unary('Erf', {
    apply: errorFunction,
    vjp: ({ inputs: [x], gradients: [dy] }) => [mul(dy, scale(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))],
  }),
)

export const erf = (x: Value): Value => x.graph.add(Erf, [x])
