import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { abs } from './abs.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { sub } from './sub.js'

/** y = x / (1 + |x|).  dx = dy · (1 - |y|)² */
export const Softsign = defineOp(
  unary('Softsign', {
    apply: x => x / (1 + Math.abs(x)),
    vjp: ({ outputs: [y], gradients: [dy] }) => {
      const rest = sub(scalarLike(y, 1), abs(y))
      return [mul(dy, mul(rest, rest))]
    },
  }),
)

export const softsign = (x: Value): Value => x.graph.add(Softsign, [x])
