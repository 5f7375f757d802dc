import { concrete, sizeOf } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { broadcastBack } from './kinds/broadcast.js'
import { addReduction, axesOf, reduction } from './kinds/reduction.js'
import { scale } from './mul.js'

/** y = mean of x over axes.  dx = dy / count, spread over them */
export const ReduceMean = defineOp(
  reduction('ReduceMean', {
    reduce: values => values.reduce((sum, v) => sum + v, 0) / values.length,
    vjp: ({ node, inputs: [x], gradients: [dy] }) => {
      const axes = axesOf(node)
      const count = sizeOf(
        concrete(
          axes.map(axis => x.shape[axis]!),
          node.name,
        ),
      )
      return [broadcastBack(scale(dy, 1 / count), x, axes)]
    },
  }),
)

export const reduceMean = (x: Value, axes?: readonly number[], keepdims = true): Value =>
  addReduction(ReduceMean, x, axes, keepdims)
