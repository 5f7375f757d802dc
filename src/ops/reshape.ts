import { FoveaError } from '../core/errors.js'
import { type Dim, formatShape, sameShape, sizeOf } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { knownInput } from './kinds/known-input.js'

/** Resolves 0 (keep) and -1 (the rest) of a Reshape target; one symbolic dimension may pass through either. */
function resolve(from: readonly Dim[], target: readonly number[], where: string): Dim[] {
  const refuse = (): never => {
    throw new FoveaError({ where, expected: `as many elements as ${formatShape(from)}`, received: formatShape(target) })
  }
  const shape: Dim[] = target.map((dim, i) => (dim === 0 ? (from[i] ?? refuse()) : dim))
  const rest = shape.indexOf(-1)
  const symbols = from.filter(dim => typeof dim === 'string')
  const kept = shape.filter(dim => typeof dim === 'string')
  const total = sizeOf(from.filter(dim => typeof dim === 'number'))
  const known = sizeOf(shape.filter((dim): dim is number => typeof dim === 'number' && dim !== -1))
  if (rest < 0) return symbols.length === kept.length && total === known ? shape : refuse()
  const symbolGoesToRest = symbols.length === kept.length + 1 && total === known
  if (symbolGoesToRest) return shape.map((dim, i) => (i === rest ? symbols.find(s => !kept.includes(s))! : dim))
  if (symbols.length !== kept.length || known === 0 || total % known !== 0) return refuse()
  return shape.map((dim, i) => (i === rest ? total / known : dim))
}

/** y = x in another shape, row-major order kept.  dx = dy in x's shape */
export const Reshape = defineOp({
  name: 'Reshape',
  domain: '',
  attributes: { allowzero: { type: 'int', default: 0 } },
  arity: [2, 2],
  infer(context) {
    const x = context.types[0]!
    return [{ dtype: x.dtype, shape: resolve(x.shape, toNumbers(knownInput(context, 1, 'the shape')), context.where) }]
  },
  vjp: ({ inputs: [x], gradients: [dy] }) => [reshape(dy, x.shape), undefined],
  evaluate: ({ inputs: [x], outputs }) => [{ shape: outputs[0]!.shape as number[], data: x.data }],
})

/** A symbolic dimension in `shape` becomes -1 (there may be one). */
export function reshape(x: Value, shape: readonly Dim[]): Value {
  if (sameShape(x.shape, shape)) return x
  return x.graph.add(Reshape, [x, x.graph.ints(shape.map(dim => (typeof dim === 'number' ? dim : -1)))])
}
