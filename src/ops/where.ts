import { FoveaError } from '../core/errors.js'
import { broadcastShapes } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { sameType, zip } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'

/** y = condition ? a : b.  da = condition ? dy : 0, db = condition ? 0 : dy */
export const Where = defineOp({
  name: 'Where',
  domain: '',
  attributes: {},
  arity: [3, 3],
  pointwise: true,
  infer({ types, where: place }) {
    const [condition, a, b] = types
    if (condition!.dtype !== 'bool')
      throw new FoveaError({ where: place, expected: 'a condition of type bool', received: condition!.dtype })
    const shape = broadcastShapes(condition!.shape, broadcastShapes(a!.shape, b!.shape, place), place)
    return [{ dtype: sameType([a, b], place), shape }]
  },
  vjp: ({ inputs: [condition], gradients: [dy], needs }) => [
    undefined,
    needs(1) ? where(condition, dy, scalarLike(dy, 0)) : undefined,
    needs(2) ? where(condition, scalarLike(dy, 0), dy) : undefined,
  ],
  evaluate: ({ inputs: [condition, a, b], outputs }) => [
    zip([condition, a, b], outputs[0]!.shape as number[], ([c, v, w]) => (c ? v! : w!)),
  ],
})

export const where = (condition: Value, a: Value, b: Value): Value => condition.graph.add(Where, [condition, a, b])
