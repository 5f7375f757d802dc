import { normalizeAxis } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { expand } from './expand.js'
import { flatIndex, rearrange, withIndex } from './kinds/indices.js'
import { placeOf } from './kinds/lookup.js'
import { scalarLike } from './kinds/scalar-like.js'
import { scatterElements } from './scatter-elements.js'

/** y[.. i ..] = x[.. indices[.. i ..] ..] along axis.  dx = dy added up at those places */
export const GatherElements = defineOp({
  name: 'GatherElements',
  domain: '',
  attributes: { axis: { type: 'int', default: 0 } },
  arity: [2, 2],
  infer: ({ types }) => [{ dtype: types[0]!.dtype, shape: types[1]!.shape }],
  vjp({ inputs: [x, indices], attributes, gradients: [dy] }) {
    const zeros = expand(scalarLike(dy, 0), x.shape as number[])
    return [scatterElements(zeros, indices, dy, { axis: attributes.axis as number, reduction: 'add' }), undefined]
  },
  evaluate({ inputs: [x, indices], attributes }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, 'GatherElements')
    const place = (index: readonly number[]): number =>
      placeOf(indices.data[flatIndex(indices.shape, index)]!, x.shape[axis]!, 'GatherElements')
    return [rearrange(x, indices.shape, index => withIndex(index, axis, place(index)))]
  },
})

export const gatherElements = (x: Value, indices: Value, axis: number): Value =>
  x.graph.add(GatherElements, [x, indices], { axis })
