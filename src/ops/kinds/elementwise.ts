import type { DType } from '../../core/dtype.js'
import { FoveaError } from '../../core/errors.js'
import { broadcastShapes, type Dim, sizeOf, stridesOf } from '../../core/shape.js'
import type { ValueType } from '../../onnx/ir.js'
import type { AttributeSpec, Attributes, EvaluateContext, InferContext, Numbers, Vjp } from '../../onnx/operator.js'

interface UnaryFacts {
  attributes?: Record<string, AttributeSpec>
  /** y = apply(x), in float64. */
  apply(x: number, attributes: Attributes): number
  vjp: Vjp
}

/** An operator y = f(x), element by element, same type out as in. */
export const unary = (name: string, { attributes = {}, apply, vjp }: UnaryFacts) => ({
  name,
  domain: '' as const,
  attributes,
  arity: [1, 1] as const,
  pointwise: true as const,
  infer: ({ types }: InferContext): ValueType[] => [types[0]!],
  vjp,
  evaluate: ({ inputs: [x], attributes }: EvaluateContext): Numbers[] => [
    { shape: x.shape, data: x.data.map(value => apply(value, attributes)) },
  ],
})

interface BinaryFacts {
  /** `dtype` is the result's type, for the few operators that mean another thing for integers. */
  apply(a: number, b: number, dtype: DType): number
  vjp: Vjp
  /** Type of the result where it is not the operands' ('bool' for comparisons). */
  result?: DType
}

/** The common type of operands. ONNX converts nothing by itself, and a runtime's refusal of it is hard to read. */
export function sameType(types: readonly (ValueType | undefined)[], where: string): DType {
  const dtypes = types.map(type => type!.dtype)
  if (dtypes.every(dtype => dtype === dtypes[0])) return dtypes[0]!
  throw new FoveaError({ where, expected: 'operands of one element type', received: dtypes.join(' and '), fix: 'cast' })
}

/** An operator y = f(a, b) with ONNX's multidirectional broadcasting. */
export const binary = (name: string, { apply, vjp, result }: BinaryFacts) => ({
  name,
  domain: '' as const,
  attributes: {},
  arity: [2, 2] as const,
  pointwise: true as const,
  infer({ types, where }: InferContext): ValueType[] {
    const dtype = sameType(types, where)
    return [{ dtype: result ?? dtype, shape: broadcastShapes(types[0]!.shape, types[1]!.shape, where) }]
  },
  vjp,
  evaluate: ({ inputs: [a, b], outputs: [y] }: EvaluateContext): Numbers[] => [
    zip([a, b], y!.shape as number[], ([v, w]) => apply(v!, w!, y!.dtype)),
  ],
})

/** An operator y = [a relation b]. */
export const comparison = (name: string, apply: (a: number, b: number) => boolean) =>
  binary(name, { apply: (a, b) => (apply(a, b) ? 1 : 0), vjp: 'zero', result: 'bool' })

interface VariadicFacts {
  apply(values: readonly number[]): number
  vjp: Vjp
}

/** An operator y = f(a, b, c ...) with broadcasting. */
export const variadic = (name: string, { apply, vjp }: VariadicFacts) => ({
  name,
  domain: '' as const,
  attributes: {},
  pointwise: true as const,
  arity: [1, Number.POSITIVE_INFINITY] as const,
  infer: ({ types, where }: InferContext): ValueType[] => [
    {
      dtype: sameType(types, where),
      shape: types.reduce<readonly Dim[]>((shape, type) => broadcastShapes(shape, type!.shape, where), []),
    },
  ],
  vjp,
  evaluate: ({ inputs, outputs }: EvaluateContext): Numbers[] => [zip(inputs, outputs[0]!.shape as number[], apply)],
})

/** f over operands that broadcast to `shape`. */
export function zip(operands: readonly Numbers[], shape: readonly number[], f: (values: number[]) => number): Numbers {
  const data = new Float64Array(sizeOf(shape))
  const strides = operands.map(operand => broadcastStrides(operand.shape, shape))
  const values = new Array<number>(operands.length)
  const outStrides = stridesOf(shape)
  for (let flat = 0; flat < data.length; flat++) {
    for (let k = 0; k < operands.length; k++) {
      let offset = 0
      let rest = flat
      for (let d = 0; d < shape.length; d++) {
        const index = Math.floor(rest / outStrides[d]!)
        rest -= index * outStrides[d]!
        offset += index * strides[k]![d]!
      }
      values[k] = operands[k]!.data[offset]!
    }
    data[flat] = f(values)
  }
  return { shape, data }
}

/** Strides of `shape` seen as the larger `target`: 0 along every broadcast axis. */
function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = stridesOf(shape)
  const lead = target.length - shape.length
  return target.map((_, d) => (d < lead || shape[d - lead] === 1 ? 0 : own[d - lead]!))
}
