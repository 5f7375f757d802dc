import { broadcastShapes, sameShape } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { zip } from './kinds/elementwise.js'
import { knownInput } from './kinds/known-input.js'

/** y = x broadcast to a shape.  dx = dy summed over the new axes (by the engine's rule for broadcasting) */
export const Expand = defineOp({
  name: 'Expand',
  domain: '',
  attributes: {},
  arity: [2, 2],
  infer(context) {
    const x = context.types[0]!
    const shape = toNumbers(knownInput(context, 1, 'the shape'))
    return [{ dtype: x.dtype, shape: broadcastShapes(x.shape, shape, context.where) }]
  },
  vjp: ({ gradients: [dy] }) => [dy, undefined],
  evaluate: ({ inputs: [x], outputs }) => [zip([x], outputs[0]!.shape as number[], ([v]) => v!)],
})

export const expand = (x: Value, shape: readonly number[]): Value =>
  sameShape(x.shape, shape) ? x : x.graph.add(Expand, [x, x.graph.ints(shape)])
