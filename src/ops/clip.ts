import type { Value, ValueType } from '../onnx/ir.js'
import { defineOp, type Numbers, type VjpContext } from '../onnx/operator.js'
import { sameType } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { positive } from './positive.js'
import { sub } from './sub.js'

/** [min < y < max]. A lower bound of 0 (ReLU6) is compared with directly. */
function inside({ node, outputs: [y] }: VjpContext): Value | undefined {
  const [, min, max] = node.inputs
  const isZero = min?.constant && Number(min.constant.data[0]) === 0
  const above = min && positive(isZero ? y : sub(y, min))
  const below = max && positive(sub(max, y))
  return above && below ? mul(above, below) : (above ?? below)
}

/**
 * y = x cut to [min, max]; either bound may be missing.  dx = dy · [min < y < max], dmin = dy · [x < min],
 * dmax = dy · [x > max]; at a bound itself the derivative is taken as 0, as in the relu6 of PyTorch and TensorFlow.
 */
export const Clip = defineOp({
  name: 'Clip',
  domain: '',
  attributes: {},
  arity: [1, 3],
  pointwise: true,
  infer({ types, where }): ValueType[] {
    sameType(
      types.filter(type => type !== undefined),
      where,
    )
    return [types[0]!]
  },
  vjp: context => {
    const { node, inputs, gradients, needs } = context
    const [x, min, max] = inputs
    const [dy] = gradients
    const mask = needs(0) ? inside(context) : undefined
    return [
      mask ? mul(dy, mask) : dy,
      node.inputs[1] && needs(1) ? mul(dy, positive(sub(min, x))) : undefined,
      node.inputs[2] && needs(2) ? mul(dy, positive(sub(x, max))) : undefined,
    ]
  },
  evaluate({ inputs }) {
    const [x, min, max] = inputs as readonly (Numbers | undefined)[]
    const low = min?.data[0] ?? Number.NEGATIVE_INFINITY
    const high = max?.data[0] ?? Number.POSITIVE_INFINITY
    return [{ shape: x!.shape, data: x!.data.map(v => Math.min(Math.max(v, low), high)) }]
  },
})

export const clip = (x: Value, min?: number, max?: number): Value => {
  const bound = (value: number | undefined) => (value === undefined ? undefined : scalarLike(x, value))
  return x.graph.add(Clip, max === undefined ? [x, bound(min)] : [x, bound(min), bound(max)])
}
