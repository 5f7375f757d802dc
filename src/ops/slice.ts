import { FoveaError } from '../core/errors.js'
import { concrete, type Dim, normalizeAxis } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { rearrange } from './kinds/indices.js'
import { insertZeros } from './kinds/insert-zeros.js'
import { knownInput } from './kinds/known-input.js'
import { pad } from './pad.js'

/** What Slice takes along one axis: `count` elements from `start`, `step` apart. */
interface Range {
  axis: number
  start: number
  step: number
  count: Dim
}

/** Reads input i (1 starts, 2 ends, 3 axes, 4 steps); undefined where it was left out. */
type Read = (i: number) => readonly number[] | undefined

const clamp = (i: number, low: number, high: number): number => Math.min(Math.max(i, low), high)

/** Beyond any dimension, yet an int32. */
const FAR = 2 ** 31 - 1

function rangesOf(shape: readonly Dim[], read: Read, where: string): Range[] {
  const starts = read(1)!
  const ends = read(2)!
  return starts.map((given, i) => {
    const axis = normalizeAxis(read(3)?.[i] ?? i, shape.length, where)
    const step = read(4)?.[i] ?? 1
    const dim = shape[axis]!
    if (typeof dim === 'string') {
      if (given === 0 && ends[i]! >= FAR && step === 1) return { axis, start: 0, step, count: dim }
      throw new FoveaError({
        where,
        expected: `axis ${axis} taken whole, as its size '${dim}' is not known`,
        received: `${given}:${ends[i]}:${step}`,
      })
    }
    // Negative positions count from the back; a step back may end before element 0.
    const position = (p: number): number => (p < 0 ? p + dim : p)
    const start = step > 0 ? clamp(position(given), 0, dim) : clamp(position(given), 0, dim - 1)
    const end = step > 0 ? clamp(position(ends[i]!), 0, dim) : clamp(position(ends[i]!), -1, dim - 1)
    return { axis, start, step, count: Math.max(0, Math.ceil((end - start) / step)) }
  })
}

/** dy back in its places: turned round where the step was negative, zeros between where it was not 1, zeros around. */
function unslice(dy: Value, shape: readonly Dim[], ranges: readonly Range[], where: string): Value {
  const before = shape.map(() => 0)
  const after = shape.map(() => 0)
  let spread = dy
  for (const { axis, start, step, count } of ranges) {
    if (typeof count === 'string') continue
    const length = (count - 1) * Math.abs(step) + 1
    before[axis] = step > 0 ? start : start + (count - 1) * step
    after[axis] = concrete([shape[axis]!], where)[0]! - before[axis]! - length
    spread = insertZeros(step > 0 ? spread : reverse(spread, [axis]), axis, Math.abs(step))
  }
  return pad(spread, [...before, ...after])
}

/** y = x[start : end : step] along some axes.  dx = dy in its places, zeros elsewhere */
export const Slice = defineOp({
  name: 'Slice',
  domain: '',
  attributes: {},
  arity: [3, 5],
  infer(context) {
    const x = context.types[0]!
    const names = ['', 'the starts', 'the ends', 'the axes', 'the steps']
    const read: Read = i => (context.types[i] ? toNumbers(knownInput(context, i, names[i]!)) : undefined)
    const ranges = rangesOf(x.shape, read, context.where)
    return [{ dtype: x.dtype, shape: x.shape.map((dim, d) => ranges.find(({ axis }) => axis === d)?.count ?? dim) }]
  },
  vjp({ node, inputs: [x], outputs: [y], gradients: [dy] }) {
    const read: Read = i => node.inputs[i]?.constant && toNumbers(node.inputs[i].constant)
    // An empty piece passes nothing on.
    if (y.shape.includes(0)) return []
    return [unslice(dy, x.shape, rangesOf(x.shape, read, node.name), node.name)]
  },
  evaluate({ inputs, outputs }) {
    const [x] = inputs
    const ranges = rangesOf(x.shape, i => inputs[i] && Array.from(inputs[i].data), 'Slice')
    return [
      rearrange(x, outputs[0]!.shape as number[], index => {
        const from = [...index]
        for (const { axis, start, step } of ranges) from[axis] = start + step * index[axis]!
        return from
      }),
    ]
  },
})

export interface SliceOptions {
  starts: readonly number[]
  /** Default: as far as the axis goes. */
  ends?: readonly number[]
  /** Default: the first ones. */
  axes?: readonly number[]
  /** Default: 1. */
  steps?: readonly number[]
}

export function slice(x: Value, { starts, ends, axes, steps = starts.map(() => 1) }: SliceOptions): Value {
  const all = [starts, ends ?? steps.map(step => (step > 0 ? FAR : -FAR)), axes ?? starts.map((_, i) => i), steps]
  return x.graph.add(Slice, [x, ...all.map(list => x.graph.ints(list))])
}

/** x with the order along `axes` turned round. */
export const reverse = (x: Value, axes: readonly number[]): Value =>
  axes.length === 0 ? x : slice(x, { starts: axes.map(() => -1), axes, steps: axes.map(() => -1) })

/** x without `pads` elements at the begins and ends of its last axes (ONNX's order: all begins, then all ends). */
export function crop(x: Value, pads: readonly number[]): Value {
  const count = pads.length / 2
  const lead = x.shape.length - count
  const axes = Array.from({ length: count }, (_, i) => i).filter(i => pads[i] !== 0 || pads[i + count] !== 0)
  if (axes.length === 0) return x
  return slice(x, {
    starts: axes.map(i => pads[i]!),
    ends: axes.map(i => (pads[i + count] === 0 ? FAR : -pads[i + count]!)),
    axes: axes.map(i => i + lead),
  })
}
