import { broadcastShapes } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { defineOp, type InferContext, type VjpContext } from '../onnx/operator.js'
import { cast } from './cast.js'
import { equal } from './equal.js'
import { greater } from './greater.js'
import { binary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { log } from './log.js'
import { mul, scale } from './mul.js'
import { sub } from './sub.js'
import { where } from './where.js'

/** da = dy · b · aᵇ⁻¹; with a constant exponent c the factor is one number, and a square needs no power at all. */
function baseGradient({ inputs: [a, b], gradients: [dy] }: VjpContext): Value {
  const held = b.dtype === 'float16' ? undefined : b.constant
  const c = held?.data.length === 1 ? toNumbers(held)[0]! : undefined
  if (c === 2) return scale(mul(dy, a), 2)
  if (c !== undefined) return scale(mul(dy, pow(a, scalarLike(a, c - 1))), c)
  const exponent = cast(b, a.dtype)
  // Where b = 0 the derivative is 0, also at a = 0, where aᵇ⁻¹ is infinite.
  const safe = where(equal(exponent, scalarLike(a, 0)), scalarLike(a, 1), exponent)
  return mul(mul(dy, exponent), pow(a, sub(safe, scalarLike(a, 1))))
}

/** y = aᵇ.  da = dy · b · aᵇ⁻¹, db = dy · y · ln a (0 where a <= 0: there is no logarithm). The exponent may be of another type. */
export const Pow = defineOp({
  ...binary('Pow', {
    apply: (a, b) => a ** b,
    vjp: context => {
      const {
        inputs: [a],
        outputs: [y],
        gradients: [dy],
        needs,
      } = context
      const logarithm = () => log(where(greater(a, scalarLike(a, 0)), a, scalarLike(a, 1)))
      return [needs(0) ? baseGradient(context) : undefined, needs(1) ? mul(mul(dy, y), logarithm()) : undefined]
    },
  }),
  infer({ types, where }: InferContext): ValueType[] {
    const [a, b] = types as [ValueType, ValueType]
    return [{ dtype: a.dtype, shape: broadcastShapes(a.shape, b.shape, where) }]
  },
})

export const pow = (a: Value, b: Value): Value => a.graph.add(Pow, [a, b])
