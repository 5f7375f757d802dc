import { FoveaError } from '../core/errors.js'
import { formatShape, sameShape } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { add } from './add.js'
import { binary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { positive } from './positive.js'
import { relu } from './relu.js'
import { sub } from './sub.js'

const base = binary('PRelu', {
  apply: (x, slope) => (x > 0 ? x : slope * x),
  vjp: ({ inputs: [x, slope], gradients: [dy], needs }) => {
    const p = positive(x)
    return [
      needs(0) ? mul(dy, add(p, mul(slope, sub(scalarLike(x, 1), p)))) : undefined,
      needs(1) ? mul(dy, sub(x, relu(x))) : undefined,
    ]
  },
})

/** y = x > 0 ? x : s x, s broadcast to x (He et al. 2015).  dx = dy · (x > 0 ? 1 : s), ds = dy · min(x, 0) */
export const PRelu = defineOp({
  ...base,
  infer(context) {
    const [y] = base.infer(context)
    const [x, slope] = context.types
    if (sameShape(y!.shape, x!.shape)) return [y!]
    throw new FoveaError({
      where: context.where,
      expected: `a slope that broadcasts to ${formatShape(x!.shape)}`,
      received: formatShape(slope!.shape),
    })
  },
})

export const pRelu = (x: Value, slope: Value): Value => x.graph.add(PRelu, [x, slope])
