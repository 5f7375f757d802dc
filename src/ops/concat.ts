import { FoveaError } from '../core/errors.js'
import { concrete, formatShape, normalizeAxis, sizeOf } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp, type VjpContext } from '../onnx/operator.js'
import { sameType } from './kinds/elementwise.js'
import { flatIndex, forEachIndex } from './kinds/indices.js'
import { slice } from './slice.js'
import { split } from './split.js'

/** One Split where every operand wants its piece, else a Slice each. */
function pieces({ node, attributes, gradients: [dy], needs }: VjpContext): (Value | undefined)[] {
  const axis = normalizeAxis(attributes.axis as number, dy.shape.length, node.name)
  const sizes = concrete(
    node.inputs.map(input => input!.shape[axis]!),
    node.name,
  )
  if (sizes.length === 1) return [dy]
  if (sizes.every((_, i) => needs(i))) return split(dy, sizes, axis)
  let start = 0
  return sizes.map((size, i) => {
    const from = start
    start += size
    return needs(i) ? slice(dy, { starts: [from], ends: [start], axes: [axis] }) : undefined
  })
}

/** y = the operands one after the other along axis.  dxᵢ = the piece of dy where xᵢ stands */
export const Concat = defineOp({
  name: 'Concat',
  domain: '',
  attributes: { axis: { type: 'int' } },
  arity: [1, Number.POSITIVE_INFINITY],
  infer({ types, attributes, where }) {
    const dtype = sameType(types, where)
    const shapes = types.map(type => type!.shape)
    const [first] = shapes
    const axis = normalizeAxis(attributes.axis as number, first!.length, where)
    const odd = shapes.find(s => s.length !== first!.length || s.some((dim, d) => d !== axis && dim !== first![d]))
    if (odd)
      throw new FoveaError({
        where,
        expected: `shapes that are equal but along axis ${axis}`,
        received: `${formatShape(first!)} and ${formatShape(odd)}`,
      })
    if (shapes.length === 1) return [{ dtype, shape: first! }]
    const total = concrete(
      shapes.map(shape => shape[axis]!),
      where,
    ).reduce((sum, size) => sum + size, 0)
    return [{ dtype, shape: first!.map((dim, d) => (d === axis ? total : dim)) }]
  },
  vjp: pieces,
  evaluate({ inputs, attributes, outputs }) {
    const shape = outputs[0]!.shape as number[]
    const axis = normalizeAxis(attributes.axis as number, shape.length, 'Concat')
    const data = new Float64Array(sizeOf(shape))
    let start = 0
    for (const x of inputs) {
      forEachIndex(x.shape, (index, flat) => {
        data[
          flatIndex(
            shape,
            index.map((i, d) => (d === axis ? i + start : i)),
          )
        ] = x.data[flat]!
      })
      start += x.shape[axis]!
    }
    return [{ shape, data }]
  },
})

export const concat = (operands: readonly [Value, ...Value[]], axis: number): Value =>
  operands[0].graph.add(Concat, operands, { axis })
