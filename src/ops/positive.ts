import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { cast } from './cast.js'
import { greater } from './greater.js'
import { unary } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'

/**
 * y = [x > 0] as a float: the mask that every piecewise-linear gradient needs. A composite, because its fast form
 * differs by device (Greater + Cast everywhere; one steep HardSigmoid on ONNX Runtime's CPU).
 */
export const Positive = defineOp({
  ...unary('Positive', { apply: x => (x > 0 ? 1 : 0), vjp: 'zero' }),
  domain: 'fovea',
  expand: (_, [x]) => [cast(greater(x, scalarLike(x, 0)), x.dtype)],
})

export const positive = (x: Value): Value => x.graph.add(Positive, [x])
