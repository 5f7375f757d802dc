import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { add } from './add.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { sigmoid } from './sigmoid.js'
import { softplus } from './softplus.js'
import { sub } from './sub.js'
import { tanh } from './tanh.js'

/** y = x · t, t = tanh(ln(1 + eˣ)) (Misra 2019).  dx = dy · (t + x · (1 - t²) · sigmoid(x)) */
export const Mish = defineOp(
  unary('Mish', {
    apply: x => x * Math.tanh(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
    vjp: ({ inputs: [x], gradients: [dy] }) => {
      const t = tanh(softplus(x))
      const slope = mul(sub(scalarLike(x, 1), mul(t, t)), sigmoid(x))
      return [mul(dy, add(t, mul(x, slope)))]
    },
  }),
)

export const mish = (x: Value): Value => x.graph.add(Mish, [x])
