import { FoveaError } from '../core/errors.js'
import { concrete, formatShape, sizeOf } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { div } from './div.js'
import { expand } from './expand.js'
import { reduceNumbers } from './kinds/reduction.js'
import { scalarLike } from './kinds/scalar-like.js'

/** All axes but images and channels. */
const spatial = (rank: number): number[] => Array.from({ length: rank - 2 }, (_, i) => i + 2)

/** y[n, c] = the mean of channel c of image n, kept as [N, C, 1, 1].  dx = dy / (H · W) everywhere */
export const GlobalAveragePool = defineOp({
  name: 'GlobalAveragePool',
  domain: '',
  attributes: {},
  arity: [1, 1],
  infer({ types, where }) {
    const x = types[0]!
    if (x.shape.length < 3)
      throw new FoveaError({ where, expected: 'images [N, C, H, W]', received: formatShape(x.shape) })
    return [{ dtype: x.dtype, shape: x.shape.map((dim, axis) => (axis < 2 ? dim : 1)) }]
  },
  vjp({ node, inputs: [x], gradients: [dy] }) {
    const size = concrete(x.shape.slice(2), node.name)
    return [expand(div(dy, scalarLike(dy, sizeOf(size))), [1, 1, ...size])]
  },
  evaluate: ({ inputs: [x], outputs }) => [
    reduceNumbers(
      x,
      spatial(x.shape.length),
      outputs[0]!.shape as number[],
      values => values.reduce((sum, v) => sum + v, 0) / values.length,
    ),
  ],
})

export const globalAveragePool = (x: Value): Value => x.graph.add(GlobalAveragePool, [x])
