import { Gemm } from '../../../src/ops/gemm.js'
import { MatMul } from '../../../src/ops/mat-mul.js'
import { Transpose } from '../../../src/ops/transpose.js'
import { type OpCase, x } from './case.js'

const turns = [0, 1].flatMap(transA => [0, 1].map(transB => ({ transA, transB })))

/** c in every shape that broadcasts to [3, 2]. */
const addends = [[3, 2], [1, 2], [3, 1], [2], [1], []]

const gemms: readonly OpCase[] = [
  ...turns.flatMap(({ transA, transB }): OpCase[] => {
    const [a, b] = [transA ? x(4, 3) : x(3, 4), transB ? x(2, 4) : x(4, 2)]
    const title = `${transA ? "a'" : 'a'} · ${transB ? "b'" : 'b'}`
    return [
      { op: Gemm, title, inputs: [a, b], attributes: { transA, transB } },
      { op: Gemm, title: `${title} + c`, inputs: [a, b, x(2)], attributes: { transA, transB, alpha: 0.5, beta: -2 } },
    ]
  }),
  ...addends.map(
    (c): OpCase => ({ op: Gemm, title: `c of shape [${c.join(', ')}]`, inputs: [x(3, 4), x(4, 2), x(...c)] }),
  ),
  { op: Gemm, title: 'a batch', inputs: [x(5, 3), x(2, 3), x(2)], attributes: { transB: 1 }, batch: true },
]

const products: readonly [string, number[], number[]][] = [
  ['matrices', [2, 3], [3, 4]],
  ['a row times a column', [1, 3], [3, 1]],
  ['a column times a row', [3, 1], [1, 2]],
  ['vectors', [3], [3]],
  ['a vector and a matrix', [3], [3, 2]],
  ['a matrix and a vector', [2, 3], [3]],
  ['a vector and many matrices', [3], [2, 3, 2]],
  ['many matrices and a vector', [2, 2, 3], [3]],
  ['as many on both sides', [2, 2, 3], [2, 3, 2]],
  ['many times one', [2, 2, 2, 3], [3, 2]],
  ['one times many', [2, 3], [2, 3, 2]],
  ['a batch of one on the left', [1, 2, 3], [2, 3, 2]],
  ['a batch of one on the right', [2, 2, 3], [1, 3, 2]],
  ['batches that broadcast both ways', [2, 1, 2, 3], [3, 3, 2]],
]

const matMuls: readonly OpCase[] = [
  ...products.map(([title, a, b]): OpCase => ({ op: MatMul, title, inputs: [x(...a), x(...b)] })),
  { op: MatMul, title: 'a batch', inputs: [x(4, 3), x(3, 2)], batch: true },
  { op: MatMul, title: 'a batch of sequences', inputs: [x(4, 2, 3), x(3, 2)], batch: true },
  { op: MatMul, title: 'a batch on both sides', inputs: [x(4, 2, 3), x(4, 3, 2)], batch: true },
  { op: MatMul, title: 'a batch and a vector', inputs: [x(4, 3), x(3)], batch: true },
]

const transposes: readonly OpCase[] = [
  { op: Transpose, title: 'reversed', inputs: [x(2, 3, 4)] },
  { op: Transpose, title: 'a matrix', inputs: [x(2, 3)], attributes: { perm: [1, 0] } },
  {
    op: Transpose,
    title: 'to channels last',
    inputs: [x(2, 3, 2, 4)],
    attributes: { perm: [0, 2, 3, 1] },
    batch: true,
  },
  { op: Transpose, title: 'a cycle', inputs: [x(2, 3, 4)], attributes: { perm: [1, 2, 0] } },
  { op: Transpose, title: 'nothing', inputs: [x(2, 3)], attributes: { perm: [0, 1] } },
]

export const cases: readonly OpCase[] = [...gemms, ...matMuls, ...transposes]
