import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { add } from './add.js'
import { hardSigmoid } from './hard-sigmoid.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul, scale } from './mul.js'
import { positive } from './positive.js'
import { sub } from './sub.js'

/** y = x · h, h = hardSigmoid(x; 1/6, 1/2) (Howard et al. 2019).  dx = dy · (h + x/6 · [0 < h < 1]) */
export const HardSwish = defineOp(
  unary('HardSwish', {
    apply: x => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
    vjp: ({ inputs: [x], gradients: [dy] }) => {
      const h = hardSigmoid(x, 1 / 6, 0.5)
      const inside = mul(positive(h), positive(sub(scalarLike(h, 1), h)))
      return [mul(dy, add(h, mul(scale(x, 1 / 6), inside)))]
    },
  }),
)

export const hardSwish = (x: Value): Value => x.graph.add(HardSwish, [x])
