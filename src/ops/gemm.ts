import { FoveaError } from '../core/errors.js'
import { broadcastShapes, concrete, type Dim, formatShape, sameShape, sizeOf } from '../core/shape.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { zip } from './kinds/elementwise.js'
import { scale } from './mul.js'

/** [rows, columns] after an optional transposition. */
const turned = (shape: readonly Dim[], transposed: unknown): [Dim, Dim] =>
  transposed ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!]

/**
 * y = alpha · A · B + beta · c, where A is a or a' (transA), B is b or b' (transB), c broadcast to y.
 * dA = alpha · dy · B', dB = alpha · A' · dy (turned back where A or B were turned), dc = beta · dy
 */
export const Gemm = defineOp({
  name: 'Gemm',
  domain: '',
  attributes: {
    alpha: { type: 'float', default: 1 },
    beta: { type: 'float', default: 1 },
    transA: { type: 'int', default: 0 },
    transB: { type: 'int', default: 0 },
  },
  arity: [2, 3],
  infer({ types, attributes, where }) {
    const [a, b, c] = types as [ValueType, ValueType, ValueType | undefined]
    const [m, k] = turned(a.shape, attributes.transA)
    const [rows, n] = turned(b.shape, attributes.transB)
    if (a.shape.length !== 2 || b.shape.length !== 2 || k !== rows)
      throw new FoveaError({
        where,
        expected: 'two matrices, as many columns on the left as rows on the right',
        received: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      })
    if (c && !sameShape(broadcastShapes([m, n], c.shape, where), [m, n]))
      throw new FoveaError({
        where,
        expected: `an addend that broadcasts to ${formatShape([m, n])}`,
        received: formatShape(c.shape),
      })
    return [{ dtype: a.dtype, shape: [m, n] }]
  },
  vjp({ inputs: [a, b], attributes, gradients: [dy], needs }) {
    const { alpha, beta } = attributes as { alpha: number; beta: number }
    const [transA, transB] = [attributes.transA, attributes.transB] as [0 | 1, 0 | 1]
    const da = (): Value =>
      transA
        ? gemm(b, dy, undefined, { alpha, transA: transB, transB: 1 })
        : gemm(dy, b, undefined, { alpha, transB: transB ? 0 : 1 })
    const db = (): Value =>
      transB
        ? gemm(dy, a, undefined, { alpha, transA: 1, transB: transA })
        : gemm(a, dy, undefined, { alpha, transA: transA ? 0 : 1 })
    return [needs(0) ? da() : undefined, needs(1) ? db() : undefined, needs(2) ? scale(dy, beta) : undefined]
  },
  evaluate({ inputs: [a, b, c], attributes, outputs }) {
    const { alpha, beta } = attributes as { alpha: number; beta: number }
    const [m, n] = concrete(outputs[0]!.shape, 'Gemm') as [number, number]
    const k = turned(a.shape, attributes.transA)[1] as number
    const [rowA, columnA] = attributes.transA ? [1, m] : [k, 1]
    const [rowB, columnB] = attributes.transB ? [1, k] : [n, 1]
    const data = new Float64Array(sizeOf([m, n]))
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (let q = 0; q < k; q++) sum += a.data[i * rowA + q * columnA]! * b.data[q * rowB + j * columnB]!
        data[i * n + j] = alpha * sum
      }
    const y = { shape: [m, n], data }
    return [c ? zip([y, c], [m, n], ([sum, addend]) => sum! + beta * addend!) : y]
  },
})

export interface GemmOptions {
  alpha?: number
  beta?: number
  transA?: 0 | 1
  transB?: 0 | 1
}

export const gemm = (a: Value, b: Value, c?: Value, options: GemmOptions = {}): Value =>
  a.graph.add(Gemm, c ? [a, b, c] : [a, b], { ...options })
