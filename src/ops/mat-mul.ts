import { FoveaError } from '../core/errors.js'
import { broadcastShapes, concrete, type Dim, formatShape, sizeOf, stridesOf } from '../core/shape.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { defineOp, type Numbers } from '../onnx/operator.js'
import { reshape } from './reshape.js'
import { swapLast } from './transpose.js'

/** A vector on the left is a row, on the right a column, as in numpy.matmul. */
const asRow = (shape: readonly Dim[]): readonly Dim[] => (shape.length === 1 ? [1, shape[0]!] : shape)
const asColumn = (shape: readonly Dim[]): readonly Dim[] => (shape.length === 1 ? [shape[0]!, 1] : shape)

/** Shape of the product of matrices (rank >= 2). */
function productShape(a: readonly Dim[], b: readonly Dim[], where: string): Dim[] {
  const [m, k] = a.slice(-2) as [Dim, Dim]
  const [rows, n] = b.slice(-2) as [Dim, Dim]
  if (k !== rows)
    throw new FoveaError({
      where,
      expected: 'as many columns on the left as rows on the right',
      received: `${formatShape(a)} and ${formatShape(b)}`,
    })
  return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2), where), m, n]
}

/**
 * y = a · b, matrices in the last two axes, the others broadcast.
 * da = dy · b', db = a' · dy
 */
export const MatMul = defineOp({
  name: 'MatMul',
  domain: '',
  attributes: {},
  arity: [2, 2],
  infer({ types, where }) {
    const [a, b] = types as [ValueType, ValueType]
    const y = productShape(asRow(a.shape), asColumn(b.shape), where)
    const kept = (_: Dim, i: number): boolean =>
      !(a.shape.length === 1 && i === y.length - 2) && !(b.shape.length === 1 && i === y.length - 1)
    return [{ dtype: a.dtype, shape: y.filter(kept) }]
  },
  vjp({ inputs: [a, b], gradients: [dy], needs }) {
    const [left, right] = [reshape(a, asRow(a.shape)), reshape(b, asColumn(b.shape))]
    const flow = reshape(dy, productShape(left.shape, right.shape, 'gradient of MatMul'))
    return [
      needs(0) ? dropAxis(matMul(flow, swapLast(right)), -2, a) : undefined,
      needs(1) ? dropAxis(gradRight(left, right, flow), -1, b) : undefined,
    ]
  },
  evaluate: ({ inputs: [a, b], outputs }) => [product(a, b, concrete(outputs[0]!.shape, 'MatMul'))],
})

/** db = a' · dy. One matrix b under many of a: all rows at once, instead of a product for each and a sum. */
function gradRight(a: Value, b: Value, dy: Value): Value {
  if (b.shape.length > 2 || a.shape.length === 2) return matMul(swapLast(a), dy)
  const rows = (v: Value): Value => {
    const lead = v.shape.slice(0, -1)
    const known = lead.every(dim => typeof dim === 'number')
    return reshape(v, [known ? sizeOf(lead as number[]) : -1, v.shape.at(-1)!])
  }
  return matMul(swapLast(rows(a)), rows(dy))
}

/** The gradient of a vector: without the axis that asRow or asColumn gave it. */
function dropAxis(gradient: Value, axis: -1 | -2, input: Value): Value {
  if (input.shape.length !== 1) return gradient
  const { shape } = gradient
  return reshape(
    gradient,
    shape.filter((_, i) => i !== shape.length + axis),
  )
}

function product(a: Numbers, b: Numbers, shape: readonly number[]): Numbers {
  const [left, right] = [asRow(a.shape) as number[], asColumn(b.shape) as number[]]
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2), 'MatMul') as number[]
  const [m, k, n] = [left.at(-2)!, left.at(-1)!, right.at(-1)!]
  const data = new Float64Array(sizeOf(shape))
  const batchStrides = stridesOf(batch)
  /** Where matrix number `flat` of the result finds its operand. */
  const offset = (own: readonly number[], flat: number): number => {
    const lead = own.slice(0, -2)
    const strides = stridesOf(lead)
    return lead.reduce((sum, dim, i) => {
      const d = batch.length - lead.length + i
      const index = Math.floor(flat / batchStrides[d]!) % batch[d]!
      return sum + (dim === 1 ? 0 : index * strides[i]!)
    }, 0)
  }
  for (let matrix = 0; matrix < sizeOf(batch); matrix++) {
    const [from, to] = [offset(left, matrix) * m * k, offset(right, matrix) * k * n]
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (let q = 0; q < k; q++) sum += a.data[from + i * k + q]! * b.data[to + q * n + j]!
        data[(matrix * m + i) * n + j] = sum
      }
  }
  return { shape, data }
}

export const matMul = (a: Value, b: Value): Value => a.graph.add(MatMul, [a, b])
