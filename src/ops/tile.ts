import { FoveaError } from '../core/errors.js'
import { type Dim, formatShape } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { rearrange } from './kinds/indices.js'
import { knownInput } from './kinds/known-input.js'
import { reduceSum } from './reduce-sum.js'
import { reshape } from './reshape.js'

/** y = x repeated along every axis.  dx = Σ of dy over the repeats */
export const Tile = defineOp({
  name: 'Tile',
  domain: '',
  attributes: {},
  arity: [2, 2],
  infer(context) {
    const { dtype, shape } = context.types[0]!
    const repeats = toNumbers(knownInput(context, 1, 'the repeats'))
    const symbolic = shape.some((dim, d) => typeof dim === 'string' && repeats[d] !== 1)
    if (repeats.length !== shape.length || symbolic)
      throw new FoveaError({
        where: context.where,
        expected: `one repeat per axis of ${formatShape(shape)}, 1 for a symbolic one`,
        received: formatShape(repeats),
      })
    return [{ dtype, shape: shape.map((dim, d) => (typeof dim === 'string' ? dim : dim * repeats[d]!)) }]
  },
  vjp({ inputs: [x, repeats], gradients: [dy] }) {
    // [r₀, d₀, r₁, d₁ ...], summed over every rᵢ
    const apart = reshape(
      dy,
      toNumbers(repeats.constant!).flatMap((repeat, d): Dim[] => [repeat, x.shape[d]!]),
    )
    const axes = x.shape.map((_, d) => 2 * d)
    return [reduceSum(apart, axes, false), undefined]
  },
  evaluate: ({ inputs: [x], outputs }) => [
    rearrange(x, outputs[0]!.shape as number[], index => index.map((i, d) => i % x.shape[d]!)),
  ],
})

export const tile = (x: Value, repeats: readonly number[]): Value => x.graph.add(Tile, [x, x.graph.ints(repeats)])
