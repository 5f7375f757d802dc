import { concrete, type Dim, normalizeAxis, sizeOf } from '../core/shape.js'
import { int64 } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp, type VjpContext } from '../onnx/operator.js'
import { expand } from './expand.js'
import { flatIndex, rearrange } from './kinds/indices.js'
import { placeOf } from './kinds/lookup.js'
import { scalarLike } from './kinds/scalar-like.js'
import { reshape } from './reshape.js'
import { scatterElements } from './scatter-elements.js'

/** The shapes before and after the axis looked up. */
const around = (shape: readonly Dim[], axis: number) => ({ before: shape.slice(0, axis), after: shape.slice(axis + 1) })

/** dy as [before, all indices, after], added into zeros as [before, dim, after]: an element looked up twice gets both. */
function scatter({ node, inputs: [x, indices], attributes, gradients: [dy] }: VjpContext): Value {
  const shape = concrete(x.shape, node.name)
  const axis = normalizeAxis(attributes.axis as number, shape.length, node.name)
  const rows = sizeOf(shape.slice(0, axis))
  const columns = sizeOf(shape.slice(axis + 1))
  const count = sizeOf(concrete(indices.shape, node.name))
  const updates = reshape(dy, [rows, count, columns])
  const places = expand(reshape(indices, [1, count, 1]), [rows, count, columns])
  const zeros = expand(scalarLike(dy, 0), [rows, shape[axis]!, columns])
  return reshape(scatterElements(zeros, places, updates, { axis: 1, reduction: 'add' }), shape)
}

/** y = the slices of x at some indices along axis.  dx = dy added up at those indices */
export const Gather = defineOp({
  name: 'Gather',
  domain: '',
  attributes: { axis: { type: 'int', default: 0 } },
  arity: [2, 2],
  infer({ types, attributes, where }) {
    const [x, indices] = [types[0]!, types[1]!]
    const { before, after } = around(x.shape, normalizeAxis(attributes.axis as number, x.shape.length, where))
    return [{ dtype: x.dtype, shape: [...before, ...indices.shape, ...after] }]
  },
  vjp: context => [scatter(context), undefined],
  evaluate({ inputs: [x, indices], attributes, outputs }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, 'Gather')
    const rank = indices.shape.length
    return [
      rearrange(x, outputs[0]!.shape as number[], index => {
        const looked = indices.data[flatIndex(indices.shape, index.slice(axis, axis + rank))]!
        return [...index.slice(0, axis), placeOf(looked, x.shape[axis]!, 'Gather'), ...index.slice(axis + rank)]
      }),
    ]
  },
})

/** `indices`: numbers known now, or a Value of integers. */
export const gather = (x: Value, indices: Value | readonly number[], axis = 0): Value =>
  x.graph.add(Gather, [x, 'graph' in indices ? indices : x.graph.constant(int64(indices))], { axis })
