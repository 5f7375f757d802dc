import type { Value } from '../onnx/ir.js'
import { defineOp, type VjpContext } from '../onnx/operator.js'
import { add } from './add.js'
import { erf } from './erf.js'
import { exp } from './exp.js'
import { hardSigmoid } from './hard-sigmoid.js'
import { unary } from './kinds/elementwise.js'
import { errorFunction } from './kinds/error-function.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul, scale } from './mul.js'
import { sub } from './sub.js'
import { tanh } from './tanh.js'

const CUBIC = 0.044715
const ROOT = Math.sqrt(2 / Math.PI)

/**
 * Φ(x) + x · φ(x), the normal distribution's integral and density, in as few passes as it goes: with u = x / √2, Φ is
 * erf u / 2 + 1 / 2, never beyond [0, 1], and x · φ(x) is u · exp(-u² - ln √π).
 */
function exactSlope(x: Value): Value {
  const u = scale(x, Math.SQRT1_2)
  const integral = hardSigmoid(erf(u), 0.5, 0.5)
  const density = exp(sub(scalarLike(x, -Math.log(Math.PI) / 2), mul(u, u)))
  return add(integral, mul(u, density))
}

/** (1 + t)/2 + x/2 · (1 - t²) · u', with t = tanh u, u = √(2/π) (x + 0.044715 x³). */
function tanhSlope(x: Value): Value {
  const square = mul(x, x)
  const one = scalarLike(x, 1)
  const t = tanh(scale(mul(x, add(scale(square, CUBIC), one)), ROOT))
  const du = scale(add(scale(square, 3 * CUBIC), one), ROOT)
  return scale(add(add(t, one), mul(mul(x, du), sub(one, mul(t, t)))), 0.5)
}

const slopeOf = ({ inputs: [x], attributes }: VjpContext): Value =>
  attributes.approximate === 'tanh' ? tanhSlope(x) : exactSlope(x)

/** y = x · Φ(x), or its tanh form (Hendrycks and Gimpel 2016).  dx = dy · (Φ(x) + x φ(x)) */
export const Gelu = defineOp(
  unary('Gelu', {
    attributes: { approximate: { type: 'string', default: 'none' } },
    apply: (x, { approximate }) =>
      approximate === 'tanh'
        ? 0.5 * x * (1 + Math.tanh(ROOT * (x + CUBIC * x ** 3)))
        : 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2)),
    vjp: context => [mul(context.gradients[0], slopeOf(context))],
  }),
)

export const gelu = (x: Value, approximate: 'none' | 'tanh' = 'none'): Value => x.graph.add(Gelu, [x], { approximate })
