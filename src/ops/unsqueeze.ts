import type { Dim } from '../core/shape.js'
import { normalizeAxis } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { knownInput } from './kinds/known-input.js'
import { reshape } from './reshape.js'

/** y = x with new axes of size 1, named by where they stand in y.  dx = dy in x's shape */
export const Unsqueeze = defineOp({
  name: 'Unsqueeze',
  domain: '',
  attributes: {},
  arity: [2, 2],
  infer(context) {
    const { dtype, shape } = context.types[0]!
    const given = toNumbers(knownInput(context, 1, 'the axes'))
    const rank = shape.length + given.length
    const axes = given.map(axis => normalizeAxis(axis, rank, context.where))
    const rest = [...shape]
    return [{ dtype, shape: Array.from({ length: rank }, (_, d): Dim => (axes.includes(d) ? 1 : rest.shift()!)) }]
  },
  vjp: ({ inputs: [x], gradients: [dy] }) => [reshape(dy, x.shape), undefined],
  evaluate: ({ inputs: [x], outputs }) => [{ shape: outputs[0]!.shape as number[], data: x.data }],
})

export const unsqueeze = (x: Value, axes: readonly number[]): Value => x.graph.add(Unsqueeze, [x, x.graph.ints(axes)])
