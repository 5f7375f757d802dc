import type { DType } from '../../core/dtype.js'
import { broadcastShapes, sizeOf, stridesOf } from '../../core/shape.js'
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
  infer: ({ types }: InferContext): ValueType[] => [types[0]!],
  vjp,
  evaluate: ({ inputs: [x], attributes }: EvaluateContext): Numbers[] => [
    { shape: x.shape, data: x.data.map(value => apply(value, attributes)) },
  ],
})

interface BinaryFacts {
  apply(a: number, b: number): number
  vjp: Vjp
  /** Type of the result where it is not the operands' ('bool' for comparisons). */
  result?: DType
}

/** An operator y = f(a, b) with ONNX's multidirectional broadcasting. */
export const binary = (name: string, { apply, vjp, result }: BinaryFacts) => ({
  name,
  domain: '' as const,
  attributes: {},
  arity: [2, 2] as const,
  infer({ types, where }: InferContext): ValueType[] {
    const [a, b] = types as [ValueType, ValueType]
    return [{ dtype: result ?? a.dtype, shape: broadcastShapes(a.shape, b.shape, where) }]
  },
  vjp,
  evaluate: ({ inputs: [a, b], outputs }: EvaluateContext): Numbers[] => [
    zip([a, b], outputs[0]!.shape as number[], ([x, y]) => apply(x!, y!)),
  ],
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
