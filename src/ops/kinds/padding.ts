import type { Value } from '../../onnx/ir.js'
import { add } from '../add.js'
import { pad } from '../pad.js'
import { reduceSum } from '../reduce-sum.js'
import { reverse, slice } from '../slice.js'

export type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap'

/** Which element of an axis of size n stands at position i (negative before it, n and more after); -1: none. */
export function sourceOf(i: number, n: number, mode: PadMode): number {
  if (i >= 0 && i < n) return i
  if (mode === 'edge') return i < 0 ? 0 : n - 1
  if (mode === 'reflect') return i < 0 ? -i : 2 * (n - 1) - i
  return mode === 'wrap' ? (i + n) % n : -1
}

/** dx from dy of a padding that repeats x: along each axis, the middle plus both margins where they came from. */
export function foldMargins(dy: Value, pads: readonly number[], mode: PadMode): Value {
  const rank = dy.shape.length
  return dy.shape.reduce<Value>((folded, _, axis) => foldAxis(folded, axis, pads[axis]!, pads[rank + axis]!, mode), dy)
}

function foldAxis(dy: Value, axis: number, begin: number, end: number, mode: PadMode): Value {
  if (begin === 0 && end === 0) return dy
  const n = (dy.shape[axis] as number) - begin - end
  const piece = (from: number, to: number) => slice(dy, { starts: [from], ends: [to], axes: [axis] })
  /** A margin's sum or order as mode asks, laid at its first source element. */
  const fold = (margin: Value, size: number, first: number): Value => {
    const length = mode === 'edge' ? 1 : size
    const laid =
      mode === 'edge' ? reduceSum(margin, [axis], true) : mode === 'reflect' ? reverse(margin, [axis]) : margin
    const pads = dy.shape.map((_, d) => (d === axis ? first : 0))
    return pad(laid, [...pads, ...dy.shape.map((_, d) => (d === axis ? n - first - length : 0))])
  }
  const firstOfBegin = { reflect: 1, edge: 0, wrap: n - begin, constant: 0 }[mode]
  const firstOfEnd = { reflect: n - 1 - end, edge: n - 1, wrap: 0, constant: 0 }[mode]
  const parts = [piece(begin, begin + n)]
  if (begin > 0) parts.push(fold(piece(0, begin), begin, firstOfBegin))
  if (end > 0) parts.push(fold(piece(begin + n, begin + n + end), end, firstOfEnd))
  return parts.reduce(add)
}
