import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul, scale } from './mul.js'
import { positive } from './positive.js'
import { sub } from './sub.js'

/** y = α x + β, cut to [0, 1].  dx = dy · α · [0 < y < 1] */
export const HardSigmoid = defineOp(
  unary('HardSigmoid', {
    attributes: { alpha: { type: 'float', default: 0.2 }, beta: { type: 'float', default: 0.5 } },
    apply: (x, { alpha, beta }) => Math.min(Math.max((alpha as number) * x + (beta as number), 0), 1),
    vjp: ({ outputs: [y], gradients: [dy], attributes }) => {
      const inside = mul(positive(y), positive(sub(scalarLike(y, 1), y)))
      return [mul(scale(dy, attributes.alpha as number), inside)]
    },
  }),
)

export const hardSigmoid = (x: Value, alpha = 0.2, beta = 0.5): Value => x.graph.add(HardSigmoid, [x], { alpha, beta })
