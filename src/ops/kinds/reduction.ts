import { concrete, type Dim, normalizeAxis, sizeOf, stridesOf } from '../../core/shape.js'
import { int64, toNumbers } from '../../core/tensor.js'
import type { Node, Value, ValueType } from '../../onnx/ir.js'
import type { EvaluateContext, InferContext, Numbers, OpDefinition, Vjp } from '../../onnx/operator.js'
import { knownInput } from './known-input.js'

interface ReductionFacts {
  /** The reduced value of one group of numbers. */
  reduce(values: Float64Array): number
  vjp: Vjp
}

/** Axes of a reduction from its second input (opset 18); none means all, or with `noop` none. */
export function reducedAxes(axes: readonly number[] | undefined, rank: number, where: string, noop = false): number[] {
  if (!axes?.length) return noop ? [] : Array.from({ length: rank }, (_, i) => i)
  return axes.map(axis => normalizeAxis(axis, rank, where)).sort((a, b) => a - b)
}

export const reducedShape = (shape: readonly Dim[], axes: readonly number[], keepdims: boolean): Dim[] =>
  shape.flatMap((dim, i) => (axes.includes(i) ? (keepdims ? [1] : []) : [dim]))

/** An operator that folds axes away: inputs (x, axes?), attribute keepdims. */
export const reduction = (name: string, { reduce, vjp }: ReductionFacts) => ({
  name,
  domain: '' as const,
  attributes: {
    keepdims: { type: 'int' as const, default: 1 },
    noop_with_empty_axes: { type: 'int' as const, default: 0 },
  },
  arity: [1, 2] as const,
  infer(context: InferContext): ValueType[] {
    const { types, attributes, where } = context
    const x = types[0]!
    const given = types[1] && toNumbers(knownInput(context, 1, 'the axes'))
    const axes = reducedAxes(given, x.shape.length, where, attributes.noop_with_empty_axes === 1)
    return [{ dtype: x.dtype, shape: reducedShape(x.shape, axes, attributes.keepdims === 1) }]
  },
  vjp,
  evaluate({ inputs: [x, given], attributes, outputs }: EvaluateContext): Numbers[] {
    const noop = attributes.noop_with_empty_axes === 1
    const axes = reducedAxes(given && Array.from(given.data), x.shape.length, name, noop)
    return [reduceNumbers(x, axes, concrete(outputs[0]!.shape, name), reduce)]
  },
})

/** Calls `reduce` on the numbers that fall together when `axes` are folded. */
export function reduceNumbers(
  x: Numbers,
  axes: readonly number[],
  shape: readonly number[],
  reduce: (values: Float64Array) => number,
): Numbers {
  const kept = x.shape.map((_, i) => i).filter(i => !axes.includes(i))
  const strides = stridesOf(x.shape)
  const offsets = (dims: readonly number[]): number[] =>
    dims.reduce<number[]>(
      (list, d) => list.flatMap(offset => Array.from({ length: x.shape[d]! }, (_, i) => offset + i * strides[d]!)),
      [0],
    )
  const inner = offsets(axes)
  const group = new Float64Array(inner.length)
  const data = new Float64Array(sizeOf(shape))
  offsets(kept).forEach((base, i) => {
    inner.forEach((offset, k) => {
      group[k] = x.data[base + offset]!
    })
    data[i] = reduce(group)
  })
  return { shape, data }
}

/** The axes a reduction node folds, counted from the front. */
export function axesOf({ inputs, attributes, name }: Node): number[] {
  const given = inputs[1]?.constant
  const noop = attributes.noop_with_empty_axes === 1
  return reducedAxes(given && toNumbers(given), inputs[0]!.shape.length, name, noop)
}

/** Adds a reduction node. */
export function addReduction(op: OpDefinition, x: Value, axes?: readonly number[], keepdims = true): Value {
  const inputs = axes ? [x, x.graph.constant(int64(axes))] : [x]
  return x.graph.add(op, inputs, { keepdims: keepdims ? 1 : 0 })
}
