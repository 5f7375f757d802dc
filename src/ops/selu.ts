import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { add } from './add.js'
import { greater } from './greater.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { where } from './where.js'

/** y = γ · (x > 0 ? x : α (eˣ - 1)) (Klambauer et al. 2017).  dx = dy · (x > 0 ? γ : y + γ α) */
export const Selu = defineOp(
  unary('Selu', {
    attributes: {
      alpha: { type: 'float', default: 1.6732631921768188 },
      gamma: { type: 'float', default: 1.0507010221481323 },
    },
    apply: (x, { alpha, gamma }) => (gamma as number) * (x > 0 ? x : (alpha as number) * Math.expm1(x)),
    vjp: ({ inputs: [x], outputs: [y], gradients: [dy], attributes }) => {
      const { alpha, gamma } = attributes as { alpha: number; gamma: number }
      const left = add(y, scalarLike(y, gamma * alpha))
      return [mul(dy, where(greater(x, scalarLike(x, 0)), scalarLike(x, gamma), left))]
    },
  }),
)

export const selu = (x: Value): Value => x.graph.add(Selu, [x])
