import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { add } from './add.js'
import { greater } from './greater.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { where } from './where.js'

/** y = x > 0 ? x : α (eˣ - 1).  dx = dy · (x > 0 ? 1 : y + α) */
export const Elu = defineOp(
  unary('Elu', {
    attributes: { alpha: { type: 'float', default: 1 } },
    apply: (x, { alpha }) => (x > 0 ? x : (alpha as number) * Math.expm1(x)),
    vjp: ({ inputs: [x], outputs: [y], gradients: [dy], attributes }) => {
      const left = add(y, scalarLike(y, attributes.alpha as number))
      return [mul(dy, where(greater(x, scalarLike(x, 0)), scalarLike(x, 1), left))]
    },
  }),
)

export const elu = (x: Value, alpha = 1): Value => x.graph.add(Elu, [x], { alpha })
