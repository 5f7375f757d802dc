import { FoveaError } from '../core/errors.js'
import { formatShape, normalizeAxis } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { knownInput } from './kinds/known-input.js'
import { reshape } from './reshape.js'

/** y = x without axes of size 1 (those given, or all of them).  dx = dy in x's shape */
export const Squeeze = defineOp({
  name: 'Squeeze',
  domain: '',
  attributes: {},
  arity: [1, 2],
  infer(context) {
    const { dtype, shape } = context.types[0]!
    const given = context.types[1] && toNumbers(knownInput(context, 1, 'the axes'))
    const axes = given?.map(axis => normalizeAxis(axis, shape.length, context.where))
    if (axes?.some(axis => shape[axis] !== 1))
      throw new FoveaError({
        where: context.where,
        expected: `axes of size 1 in ${formatShape(shape)}`,
        received: `axes ${formatShape(axes)}`,
      })
    return [{ dtype, shape: shape.filter((dim, d) => (axes ? !axes.includes(d) : dim !== 1)) }]
  },
  vjp: ({ inputs: [x], gradients: [dy] }) => [reshape(dy, x.shape)],
  evaluate: ({ inputs: [x], outputs }) => [{ shape: outputs[0]!.shape as number[], data: x.data }],
})

export const squeeze = (x: Value, axes: readonly number[]): Value => x.graph.add(Squeeze, [x, x.graph.ints(axes)])
