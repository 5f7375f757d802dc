import { FoveaError } from '../core/errors.js'
import { concrete, type Dim, formatShape, normalizeAxis } from '../core/shape.js'
import { toNumbers } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { defineOp, type Numbers, type VjpContext } from '../onnx/operator.js'
import { rearrange } from './kinds/indices.js'
import { knownInput } from './kinds/known-input.js'
import { foldMargins, type PadMode, sourceOf } from './kinds/padding.js'
import { reduceSum } from './reduce-sum.js'
import { crop } from './slice.js'
import { sub } from './sub.js'

/** The begins and ends of every axis, from the second input and the fourth (the axes they are for). */
function padsOf(rank: number, pads: readonly number[], axes: readonly number[] | undefined, where: string): number[] {
  const all = new Array<number>(2 * rank).fill(0)
  const chosen = axes?.map(axis => normalizeAxis(axis, rank, where)) ?? Array.from({ length: rank }, (_, i) => i)
  if (pads.length !== 2 * chosen.length)
    throw new FoveaError({ where, expected: `${2 * chosen.length} pads`, received: formatShape(pads) })
  chosen.forEach((axis, i) => {
    all[axis] = pads[i]!
    all[rank + axis] = pads[chosen.length + i]!
  })
  return all
}

function paddedShape(shape: readonly Dim[], pads: readonly number[], mode: PadMode, where: string): Dim[] {
  const reach = { constant: Number.POSITIVE_INFINITY, edge: Number.POSITIVE_INFINITY, reflect: -1, wrap: 0 }[mode]
  return shape.map((dim, axis) => {
    const [begin, end] = [pads[axis]!, pads[shape.length + axis]!]
    if (begin === 0 && end === 0) return dim
    const size = concrete([dim], where)[0]!
    if (Math.max(begin, end) > size + reach || (mode !== 'constant' && Math.min(begin, end) < 0))
      throw new FoveaError({
        where,
        expected: `pads that mode '${mode}' can fill along axis ${axis} of size ${size}`,
        received: `${begin} and ${end}`,
      })
    return size + begin + end
  })
}

/** dx = dy without the margins. A negative pad took elements away: their gradient is 0. */
function unpad(dy: Value, pads: readonly number[]): Value {
  const kept = crop(
    dy,
    pads.map(p => Math.max(p, 0)),
  )
  return pad(
    kept,
    pads.map(p => Math.max(-p, 0)),
  )
}

function gradients({ node, inputs: [x, , value], attributes, gradients: [dy], needs }: VjpContext) {
  const held = (i: number) => node.inputs[i]?.constant && toNumbers(node.inputs[i].constant)
  const pads = padsOf(x.shape.length, held(1)!, held(3), node.name)
  const mode = attributes.mode as PadMode
  const dx = mode === 'constant' ? unpad(dy, pads) : foldMargins(dy, pads, mode)
  const fillGradient = () => sub(reduceSum(dy, undefined, false), reduceSum(dx, undefined, false))
  return [dx, undefined, value && needs(2) ? fillGradient() : undefined]
}

/**
 * y = x with margins: a constant, or x reflected, repeated at its edge, or wrapped around.
 * dx = dy without the margins, plus the margins folded back where they repeat x;
 * d(constant) = the sum of dy over the margins
 */
export const Pad = defineOp({
  name: 'Pad',
  domain: '',
  attributes: { mode: { type: 'string', default: 'constant' } },
  arity: [2, 4],
  infer(context) {
    const { types, attributes, where } = context
    const x = types[0]!
    const axes = types[3] && toNumbers(knownInput(context, 3, 'the axes'))
    const pads = padsOf(x.shape.length, toNumbers(knownInput(context, 1, 'the pads')), axes, where)
    return [{ dtype: x.dtype, shape: paddedShape(x.shape, pads, attributes.mode as PadMode, where) }]
  },
  vjp: gradients,
  evaluate({ inputs, attributes, outputs }) {
    const [x, given, value, axes] = inputs as readonly (Numbers | undefined)[]
    const pads = padsOf(x!.shape.length, Array.from(given!.data), axes && Array.from(axes.data), 'Pad')
    const source = (index: readonly number[]): number[] | undefined => {
      const from = index.map((i, d) => sourceOf(i - pads[d]!, x!.shape[d]!, attributes.mode as PadMode))
      return from.includes(-1) ? undefined : from
    }
    return [rearrange(x!, outputs[0]!.shape as number[], source, value?.data[0] ?? 0)]
  },
})

export interface PadOptions {
  mode?: PadMode
  /** Fill of mode 'constant'; default 0. */
  value?: Value
}

/** `pads`: all begins, then all ends. */
export function pad(x: Value, pads: readonly number[], { mode = 'constant', value }: PadOptions = {}): Value {
  if (pads.every(p => p === 0)) return x
  return x.graph.add(Pad, value ? [x, x.graph.ints(pads), value] : [x, x.graph.ints(pads)], { mode })
}
