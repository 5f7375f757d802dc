import { type Tensor, toNumbers } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import { add } from '../../../ops/add.js'
import { mul, scale } from '../../../ops/mul.js'
import { floats, permuted, taken } from '../constants.js'
import { BatchMatMul, Dense } from '../ops/products.js'
import { natural, type Placed, sameMemory } from '../placed.js'
import { inexpressible, known, type Rule, type Target } from '../target.js'

/** x · kernel with a constant kernel: the last axis must be last, the others may lie as they do. */
function dense(node: Node, target: Target, placed: Placed, x: Value, kernel: Tensor, bias?: Value): Placed {
  const { order, features } = placed
  const rank = order.length
  if (features) {
    const filter = target.hold(taken(kernel, features, 0), node.inputs[1]!.name)
    return { value: target.add(node, Dense, [placed.value, filter, bias]), order }
  }
  const filter = target.hold(kernel, node.inputs[1]!.name)
  const wanted = order.at(-1) === rank - 1 ? order : natural(rank)
  return { value: target.add(node, Dense, [target.in(x, wanted), filter, bias]), order: wanted }
}

const swapped = (rank: number): number[] => [...natural(rank - 2), rank - 1, rank - 2]

/** A factor as it lies, with a flag where its matrices lie transposed. */
function factor(x: Value, target: Target): { value: Value; adjoint: 0 | 1 } {
  const rank = x.shape.length
  const turned = !x.constant && sameMemory(target.at(x).order, swapped(rank), x.shape)
  return { value: target.in(x, turned ? swapped(rank) : natural(rank)), adjoint: turned ? 1 : 0 }
}

function product(node: Node, target: Target, turn: { a?: boolean; b?: boolean } = {}): Value {
  const [a, b] = node.inputs.slice(0, 2).map(input => factor(input!, target)) as [Factor, Factor]
  const attributes = { adj_x: a.adjoint ^ Number(turn.a ?? false), adj_y: b.adjoint ^ Number(turn.b ?? false) }
  return target.add(node, BatchMatMul, [a.value, b.value], attributes)
}

type Factor = ReturnType<typeof factor>

export const matMuls: Rule = (node, target) => {
  const [x, w] = node.inputs as [Value, Value]
  if (x.shape.length < 2 || w.shape.length < 2) throw inexpressible(node, 'products of matrices', 'a vector')
  if (w.constant && w.shape.length === 2 && !x.constant) return [dense(node, target, target.at(x), x, w.constant)]
  return [{ value: product(node, target), order: natural(node.outputs[0]!.shape.length) }]
}

const scaled = (held: Tensor, factor: number): Tensor =>
  factor === 1
    ? held
    : floats(
        held.shape,
        toNumbers(held).map(v => v * factor),
      )

/** An addend of Gemm as one number for each of n columns; undefined where it differs between rows. */
function biasOf(c: Tensor, n: number, beta: number): Tensor | undefined {
  if (c.data.length !== 1 && (c.data.length !== n || c.shape.at(-1) !== n)) return undefined
  const values = toNumbers(c)
  return floats(
    [n],
    Array.from({ length: n }, (_, i) => beta * values[values.length === 1 ? 0 : i]!),
  )
}

export const gemms: Rule = (node, target) => {
  const [a, b, c] = node.inputs as [Value, Value, Value?]
  const { alpha, beta, transA, transB } = node.attributes as Record<'alpha' | 'beta' | 'transA' | 'transB', number>
  const n = node.outputs[0]!.shape[1] as number
  const bias = c?.constant && biasOf(c.constant, n, beta)
  if (b.constant && !a.constant && transA === 0) {
    const kernel = scaled(transB ? permuted(b.constant, [1, 0]) : b.constant, alpha)
    const y = dense(node, target, target.at(a), a, kernel, bias && target.hold(bias, c.name))
    return bias || !c ? [y] : [{ value: plus(node, target, y, c, beta), order: [0, 1] }]
  }
  const y = scaleBy(node, target, product(node, target, { a: transA === 1, b: transB === 1 }), alpha)
  return [{ value: c ? plus(node, target, { value: y, order: [0, 1] }, c, beta) : y, order: [0, 1] }]
}

const scaleBy = (node: Node, target: Target, x: Value, factor: number): Value =>
  factor === 1 ? x : target.graph.within(node.name, () => scale(x, factor))

const plus = (node: Node, target: Target, y: Placed, c: Value, beta: number): Value =>
  target.graph.within(node.name, () => add(y.value, scaleBy(node, target, target.in(c, natural(c.shape.length)), beta)))

/** Batch normalisation with fixed statistics: one factor and one term per channel. */
export const batchNormalizations: Rule = (node, target) => {
  const [x] = node.inputs as [Value]
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map(i => toNumbers(known(node, i, 'statistics')))
  const factor = gamma!.map((g, c) => g / Math.sqrt(variance![c]! + (node.attributes.epsilon as number)))
  const term = beta!.map((shift, c) => shift - mean![c]! * factor[c]!)
  const { order } = target.at(x)
  const channels = x.shape[1] as number
  const perChannel = (values: number[]): Value =>
    target.hold(
      floats(
        order.slice(order.indexOf(1)).map(axis => (axis === 1 ? channels : 1)),
        values,
      ),
      node.name,
    )
  const scaledX = target.graph.within(node.name, () => mul(target.in(x, order), perChannel(factor)))
  return [{ value: target.graph.within(node.name, () => add(scaledX, perChannel(term))), order }]
}
