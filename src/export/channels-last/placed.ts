import { type Dim, sameShape } from '../../core/shape.js'
import type { Value } from '../../onnx/ir.js'
import { reshape } from '../../ops/reshape.js'
import { transpose } from '../../ops/transpose.js'

/** A value of the channels-first graph as it exists in the channels-last one. */
export interface Placed {
  value: Value
  /** order[i] is the axis of the original that is axis i here: [0, 2, 3, 1] for images. */
  order: readonly number[]
  /**
   * Of a flattened image: element j of the last axis here is element features[j] of the original's. Only pointwise
   * operators and dense layers meet such a value; they permute their constants instead.
   */
  features?: readonly number[]
}

export const natural = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i)

/** The axes that matter for memory: an axis of size 1 may stand anywhere. */
export const lasting = (order: readonly number[], shape: readonly Dim[]): number[] =>
  order.filter(axis => shape[axis] !== 1)

/** The same bytes in the same places, whatever the axes of size 1. */
export const sameMemory = (a: readonly number[], b: readonly number[], shape: readonly Dim[]): boolean =>
  sameShape(lasting(a, shape), lasting(b, shape))

/**
 * The value in another order, `shape` being the original's shape: nothing if it lies so already, a Reshape if only axes
 * of size 1 move, else a Transpose.
 */
export function inOrder({ value, order, features }: Placed, shape: readonly Dim[], wanted: readonly number[]): Value {
  if (features) throw new Error(`'${value.name}' lies in another order of features than its reader expects`)
  if (sameShape(order, wanted)) return value
  if (sameMemory(order, wanted, shape)) {
    const target = wanted.map(axis => shape[axis]!)
    return reshape(value, target)
  }
  return transpose(
    value,
    wanted.map(axis => order.indexOf(axis)),
  )
}

/** Axes on the left as numpy's broadcasting adds them. */
export function withRank({ value, order }: Placed, shape: readonly Dim[], rank: number): [Placed, readonly Dim[]] {
  const lead = rank - shape.length
  if (lead === 0) return [{ value, order }, shape]
  const ones = new Array<Dim>(lead).fill(1)
  return [
    { value: reshape(value, [...ones, ...value.shape]), order: [...natural(lead), ...order.map(axis => axis + lead)] },
    [...ones, ...shape],
  ]
}
