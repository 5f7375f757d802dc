import { type Dim, sizeOf } from '../../../core/shape.js'
import type { Value } from '../../../onnx/ir.js'
import { reshape } from '../../../ops/reshape.js'
import { CHANNELS_LAST } from '../ops/windows.js'
import { lasting, natural, type Placed, sameMemory } from '../placed.js'
import type { Rule, Target } from '../target.js'
import { featuresOf, feedsOnlyDense } from './pointwise.js'

/** Axes of the old and the new shape that hold the same elements. */
interface Group {
  from: number[]
  to: number[]
}

/**
 * The finest groups of neighbouring axes that hold the same elements before and after a reshape, axes of size 1 left
 * out. Undefined where a symbolic dimension is split or merged.
 */
export function groupsOf(from: readonly Dim[], to: readonly Dim[]): Group[] | undefined {
  const [rest, wanted] = [lasting(natural(from.length), from), lasting(natural(to.length), to)]
  const groups: Group[] = []
  while (rest.length > 0 && wanted.length > 0) {
    const group: Group = { from: [rest.shift()!], to: [wanted.shift()!] }
    groups.push(group)
    if (from[group.from[0]!] === to[group.to[0]!]) continue
    const size = (axes: number[], shape: readonly Dim[]): number => sizeOf(axes.map(axis => shape[axis] as number))
    for (;;) {
      const [a, b] = [size(group.from, from), size(group.to, to)]
      if (Number.isNaN(a) || Number.isNaN(b)) return undefined
      if (a === b) break
      const next = a < b ? rest.shift() : wanted.shift()
      if (next === undefined) return undefined
      ;(a < b ? group.from : group.to).push(next)
    }
  }
  return rest.length === 0 && wanted.length === 0 ? groups : undefined
}

/** The groups as they follow each other in memory; undefined where the axes of one lie apart or turned round. */
function inMemory(groups: readonly Group[], order: readonly number[]): Group[] | undefined {
  const start = (group: Group): number => order.indexOf(group.from[0]!)
  const sorted = [...groups].sort((a, b) => start(a) - start(b))
  const expected = sorted.flatMap(group => group.from)
  return expected.every((axis, i) => axis === order[i]) ? sorted : undefined
}

/** An order of the new axes with these ones in this sequence; axes of size 1 go where images and matrices have them. */
function completed(sequence: readonly number[], shape: readonly Dim[]): number[] {
  for (const usual of [natural(shape.length), ...(shape.length === 4 ? [[...CHANNELS_LAST]] : [])])
    if (sameMemory(usual, sequence, shape)) return usual
  const order = [...sequence]
  natural(shape.length).forEach(axis => {
    if (!order.includes(axis)) order.splice(axis, 0, axis)
  })
  return order
}

/** A placed value under another shape of the original. */
function reshapedTo(x: Value, to: readonly Dim[], y: Value, target: Target): Placed {
  const placed = target.at(x)
  const groups = groupsOf(x.shape, to)
  const memory = lasting(placed.order, x.shape)
  const sequence = groups && inMemory(groups, memory)
  if (sequence && !placed.features) {
    const order = completed(
      sequence.flatMap(group => group.to),
      to,
    )
    return {
      value: reshape(
        placed.value,
        order.map(axis => to[axis]!),
      ),
      order,
    }
  }
  const flattens = to.length === 2 && x.shape[0] === to[0] && placed.order[0] === 0 && typeof to[1] === 'number'
  if (flattens && !placed.features && feedsOnlyDense(y, target))
    return { value: reshape(placed.value, to), order: [0, 1], features: featuresOf(x.shape, placed.order.slice(1)) }
  return { value: reshape(target.in(x, natural(x.shape.length)), to), order: natural(to.length) }
}

/** Reshape, Flatten, Squeeze, Unsqueeze: the shape rule of each has said the new shape. */
export const reshapes: Rule = (node, target) => {
  const y = node.outputs[0]!
  return [target.graph.within(node.name, () => reshapedTo(node.inputs[0]!, y.shape, y, target))]
}

/** A transposition says the same bytes in another order: nothing is moved until a reader needs it. */
export const transposes: Rule = (node, target) => {
  const { value, order } = target.at(node.inputs[0]!)
  const rank = order.length
  const perm = (node.attributes.perm as readonly number[] | undefined) ?? natural(rank).reverse()
  return [{ value, order: order.map(axis => perm.indexOf(axis)) }]
}
