import { sizeOf } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { div } from '../ops/div.js'
import { MatMul } from '../ops/mat-mul.js'
import { mul, scale } from '../ops/mul.js'
import { reduceSum } from '../ops/reduce-sum.js'
import { reshape } from '../ops/reshape.js'
import { sqrt } from '../ops/sqrt.js'
import { sub } from '../ops/sub.js'
import { transpose } from '../ops/transpose.js'
import type { Optimizer } from './optimizer.js'
import { sgd } from './sgd.js'

export interface MuonOptions {
  learningRate?: number
  momentum?: number
  nesterov?: boolean
  /** Newton-Schulz iterations. */
  iterations?: number
  /** Before each step a kernel is scaled to norm √filters (√units of a dense layer), as in airbench. */
  normalizeKernels?: boolean
  /** Kernels of dense layers too; default: they follow `others`, as the authors advise for the last layer. */
  denseKernels?: boolean
  /** Rule of everything else. */
  others?: Optimizer
}

/** Coefficients of the quintic iteration x(a + b x² + c x⁴) that Jordan chose for a steep slope at 0. */
const A = 3.4445
const B = -4.775
const C = 2.0315

const matmul = (a: Value, b: Value): Value => a.graph.add(MatMul, [a, b])
const norm = (x: Value): Value => sqrt(reduceSum(mul(x, x), undefined, false))

/** Nearest semi-orthogonal matrix, roughly: the singular values go to about 1. [r, c] -> [r, c]. */
function orthogonalize(matrix: Value, iterations: number): Value {
  const [rows, columns] = matrix.shape as [number, number]
  const tall = rows > columns
  let x = tall ? transpose(matrix, [1, 0]) : matrix
  x = div(x, add(norm(x), x.graph.float(1e-7)))
  for (let i = 0; i < iterations; i++) {
    const gram = matmul(x, transpose(x, [1, 0]))
    const polynomial = add(scale(gram, B), scale(matmul(gram, gram), C))
    x = add(scale(x, A), matmul(polynomial, x))
  }
  return tall ? transpose(x, [1, 0]) : x
}

/**
 * Muon: momentum, orthogonalised by Newton-Schulz (Jordan et al. 2024, kellerjordan.github.io/posts/muon), for
 * convolution kernels seen as matrices [filters, C · kh · kw], and kernels of dense layers [in, units] where asked; every
 * other parameter follows `others`.
 */
export function muon(options: MuonOptions = {}): Optimizer {
  const { learningRate = 0.24, momentum = 0.6, nesterov = true, iterations = 3, normalizeKernels = true } = options
  const { denseKernels = false } = options
  const others = options.others ?? sgd({ learningRate: 0.05, momentum: 0.85, nesterov: true })
  return {
    name: 'muon',
    learningRate,
    weightDecay: 0,
    slots: ['momentum'],
    elementwise: false,
    scalars: (_, rate) => ({ learningRate: rate }),
    update({ parameter: w, gradient: g, slots, scalars }) {
      const v = add(scale(slots.momentum!, momentum), g)
      const direction = nesterov ? add(g, scale(v, momentum)) : v
      const shape = w.shape as number[]
      const matrix = reshape(direction, [shape[0]!, sizeOf(shape.slice(1))])
      const step = reshape(orthogonalize(matrix, iterations), shape)
      const filters = shape.length === 2 ? shape[1]! : shape[0]!
      const base = normalizeKernels ? mul(w, div(w.graph.float(Math.sqrt(filters)), norm(w))) : w
      return { parameter: sub(base, mul(step, scalars.learningRate!)), slots: { momentum: v } }
    },
    ruleFor: ({ role, shape }) =>
      role === 'kernel' && (shape.length === 4 || (denseKernels && shape.length === 2)) ? undefined : others,
  }
}
