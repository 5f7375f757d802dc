import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { add } from './add.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul, scale } from './mul.js'
import { positive } from './positive.js'

/** y = x > 0 ? x : α x.  dx = dy · (α + (1 - α) [x > 0]) */
export const LeakyRelu = defineOp(
  unary('LeakyRelu', {
    attributes: { alpha: { type: 'float', default: 0.01 } },
    apply: (x, { alpha }) => (x > 0 ? x : (alpha as number) * x),
    vjp: ({ inputs: [x], gradients: [dy], attributes }) => {
      const alpha = attributes.alpha as number
      return [mul(dy, add(scale(positive(x), 1 - alpha), scalarLike(x, alpha)))]
    },
  }),
)

export const leakyRelu = (x: Value, alpha = 0.01): Value => x.graph.add(LeakyRelu, [x], { alpha })
