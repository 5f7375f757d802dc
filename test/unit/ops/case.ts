import type { DType } from '../../../src/core/dtype.js'
import { RandomStream } from '../../../src/core/random.js'
import { sizeOf } from '../../../src/core/shape.js'
import type { AttributeValue, OpDefinition } from '../../../src/onnx/operator.js'

/** One input of a case. Its numbers come from a fixed random stream unless `values` gives them. */
export interface CaseInput {
  shape: readonly number[]
  /** Default: the floating type under test, float64 for the formula and float32 for the runtime. */
  dtype?: DType
  /** Uniform in [low, high); default [-2, 2). Whole numbers for integer types, 0 or 1 for bool. */
  range?: readonly [low: number, high: number]
  values?: readonly number[]
  /** An initializer, not a graph input: axes, shapes, everything that a shape rule must know. It gets no gradient. */
  constant?: boolean
}

/** One use of one operator. Every law of `laws.ts` holds for every case of every `*.cases.ts` in this folder. */
export interface OpCase {
  op: OpDefinition
  title: string
  /** undefined: an optional input that is left out. Keep them small: each number costs two evaluations. */
  inputs: readonly (CaseInput | undefined)[]
  attributes?: Readonly<Record<string, AttributeValue>>
  /** Number of outputs (default 1). */
  outputs?: number
  /**
   * Where the rule is, on purpose, the gradient of another function (straight through a rounding): the operator that
   * means this function.
   */
  gradientOf?: OpDefinition
  /** Random inputs keep a distance of 0.02 from these points (kinks). Ties need no care: random numbers have none. */
  notDifferentiableAt?: readonly number[]
  /**
   * The first dimension of the first input, and of every other non-constant input that has the same size there, is a
   * batch: with 'N' in its place, outputs must have 'N' wherever their size follows it.
   */
  batch?: boolean
  /** Where float32 cannot reach 1e-5 of the largest number for a known reason. */
  runtimeTolerance?: number
  /** Why this case cannot run in ONNX Runtime on the CPU (a vendor operator, an element type it does not know). */
  noRuntime?: string
}

/** A case input with a shape and the default range. */
export const x = (...shape: number[]): CaseInput => ({ shape })

/** An int64 constant: axes, a shape, pads ... */
export const ints = (...values: number[]): CaseInput => ({
  shape: [values.length],
  dtype: 'int64',
  values,
  constant: true,
})

/** The numbers of input i, the same in every law. */
export function numbersOf({ title, op, inputs, notDifferentiableAt = [] }: OpCase, i: number): number[] {
  const { shape, dtype, values, range = [-2, 2] } = inputs[i]!
  if (values) return [...values]
  const stream = new RandomStream(1, [op.name, title, i])
  return Array.from({ length: sizeOf(shape) }, () => {
    if (dtype === 'bool') return stream.integer(2)
    if (dtype && !dtype.startsWith('float')) return range[0] + stream.integer(range[1] - range[0])
    for (;;) {
      const value = Math.fround(stream.uniform(...range))
      if (notDifferentiableAt.every(kink => Math.abs(value - kink) > 0.02)) return value
    }
  })
}
