import { FoveaError } from '../core/errors.js'
import { concrete, normalizeAxis } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp, type InferContext } from '../onnx/operator.js'
import { concat } from './concat.js'
import { expand } from './expand.js'
import { rearrange, withIndex } from './kinds/indices.js'
import { knownInput } from './kinds/known-input.js'
import { scalarLike } from './kinds/scalar-like.js'

/** Sizes of the pieces: the second input, or equal ones with a smaller last. */
function sizesOf(context: InferContext, dim: number): number[] {
  const { types, outputCount, where } = context
  const chunk = Math.ceil(dim / outputCount)
  const sizes = types[1]
    ? toNumbers(knownInput(context, 1, 'the sizes'))
    : Array.from({ length: outputCount }, (_, i) => Math.min(chunk, dim - i * chunk))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total === dim && sizes.length === outputCount && sizes.every(size => size >= 0)) return sizes
  throw new FoveaError({
    where,
    expected: `${outputCount} sizes that add up to ${dim}`,
    received: `[${sizes.join(', ')}]`,
  })
}

/** y₀, y₁ ... = pieces of x along axis.  dx = their gradients one after the other, zeros where none flows in */
export const Split = defineOp({
  name: 'Split',
  domain: '',
  attributes: { axis: { type: 'int', default: 0 }, num_outputs: { type: 'int', optional: true } },
  arity: [1, 2],
  infer(context) {
    const { types, attributes, where } = context
    const x = types[0]!
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, where)
    const [dim] = concrete([x.shape[axis]!], where)
    return sizesOf(context, dim!).map(size => ({
      dtype: x.dtype,
      shape: x.shape.map((known, d) => (d === axis ? size : known)),
    }))
  },
  vjp({ node, attributes, gradients }) {
    const pieces = node.outputs.map((y, i) => gradients[i] ?? expand(scalarLike(y, 0), y.shape as number[]))
    return [concat(pieces as [Value, ...Value[]], attributes.axis as number)]
  },
  evaluate({ inputs: [x], attributes, outputs }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, 'Split')
    let start = 0
    return outputs.map(({ shape }) => {
      const from = start
      start += shape[axis] as number
      return rearrange(x, shape as number[], index => withIndex(index, axis, index[axis]! + from))
    })
  },
})

export const split = (x: Value, sizes: readonly number[], axis: number): Value[] =>
  x.graph.addMany(Split, [x, x.graph.ints(sizes)], { axis }, { outputs: sizes.length })
