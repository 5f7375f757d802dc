import { concrete, type Dim, sizeOf } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { reshape } from './reshape.js'

/** Product of dimensions; a symbolic one may stand among ones only. */
function productOf(dims: readonly Dim[], where: string): Dim {
  const large = dims.filter(dim => dim !== 1)
  return large.length === 1 ? large[0]! : sizeOf(concrete(large, where))
}

/** y = x as a matrix: axes before `axis` become its rows, the others its columns.  dx = dy in x's shape */
export const Flatten = defineOp({
  name: 'Flatten',
  domain: '',
  attributes: { axis: { type: 'int', default: 1 } },
  arity: [1, 1],
  infer({ types, attributes, where }) {
    const { dtype, shape } = types[0]!
    const given = attributes.axis as number
    const axis = given < 0 ? given + shape.length : given
    return [{ dtype, shape: [productOf(shape.slice(0, axis), where), productOf(shape.slice(axis), where)] }]
  },
  vjp: ({ inputs: [x], gradients: [dy] }) => [reshape(dy, x.shape)],
  evaluate: ({ inputs: [x], outputs }) => [{ shape: outputs[0]!.shape as number[], data: x.data }],
})

export const flatten = (x: Value, axis = 1): Value => x.graph.add(Flatten, [x], { axis })
