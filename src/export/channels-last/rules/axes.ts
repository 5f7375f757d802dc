import { normalizeAxis, sameShape } from '../../../core/shape.js'
import { int64, toNumbers } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import { axesOf } from '../../../ops/kinds/reduction.js'
import { pad } from '../../../ops/pad.js'
import { ReduceMean } from '../../../ops/reduce-mean.js'
import { inOrder, natural, type Placed, withRank } from '../placed.js'
import { inexpressible, known, type Rule, type Target } from '../target.js'

const axisOf = (node: Node): number =>
  normalizeAxis(node.attributes.axis as number, node.inputs[0]!.shape.length, node.name)

/** The order after axes were taken out. */
const without = (order: readonly number[], removed: readonly number[]): number[] =>
  order.filter(axis => !removed.includes(axis)).map(axis => axis - removed.filter(other => other < axis).length)

/** The value in an order of its own that no flattened image has. */
const plainly = (x: Value, target: Target): Placed => {
  const { order } = target.at(x)
  return { value: target.in(x, order), order }
}

/** Softmax runs over the last axis: the formats know no other. */
export const softmaxes: Rule = (node, target) => {
  const x = node.inputs[0]!
  const axis = axisOf(node)
  const { order } = target.at(x)
  const wanted = order.at(-1) === axis ? order : [...order.filter(other => other !== axis), axis]
  return [{ value: target.add(node, node.op, [target.in(x, wanted)], { axis: -1 }), order: wanted }]
}

export const concats: Rule = (node, target) => {
  const inputs = node.inputs as readonly Value[]
  const computed = inputs.find(input => !input.constant)
  const order = computed ? target.at(computed).order : natural(inputs[0]!.shape.length)
  const joined = inputs.map(input => target.in(input, order))
  return [{ value: target.add(node, node.op, joined, { axis: order.indexOf(axisOf(node)) }), order }]
}

export const splits: Rule = (node, target) => {
  const { value, order } = plainly(node.inputs[0]!, target)
  const axis = axisOf(node)
  const sizes = node.outputs.map(output => output.shape[axis] as number)
  const pieces = target.graph.addMany(
    node.op,
    [value, target.graph.ints(sizes)],
    { axis: order.indexOf(axis) },
    { outputs: sizes.length, name: node.name },
  )
  return pieces.map(piece => ({ value: piece, order }))
}

/** The reduction along the axes of the original, wherever they are. */
function reduced(node: Node, target: Target, op: Node['op'], axes: readonly number[], keepdims: boolean): Placed {
  const { value, order } = plainly(node.inputs[0]!, target)
  const places = axes.map(axis => order.indexOf(axis)).sort((a, b) => a - b)
  const y = target.add(node, op, [value, target.graph.constant(int64(places))], { keepdims: keepdims ? 1 : 0 })
  return { value: y, order: keepdims ? order : without(order, axes) }
}

export const reductions: Rule = (node, target) => [
  reduced(node, target, node.op, axesOf(node), node.attributes.keepdims === 1),
]

export const globalAveragePools: Rule = (node, target) => [reduced(node, target, ReduceMean, [2, 3], true)]

export const argMaxes: Rule = (node, target) => {
  const { value, order } = plainly(node.inputs[0]!, target)
  const axis = axisOf(node)
  const y = target.add(node, node.op, [value], { ...node.attributes, axis: order.indexOf(axis) })
  return [{ value: y, order: node.attributes.keepdims === 1 ? order : without(order, [axis]) }]
}

export const slices: Rule = (node, target) => {
  const { value, order } = plainly(node.inputs[0]!, target)
  const starts = toNumbers(known(node, 1, 'starts'))
  const axes = node.inputs[3] ? toNumbers(known(node, 3, 'axes')) : starts.map((_, i) => i)
  const places = axes.map(axis => order.indexOf(normalizeAxis(axis, order.length, node.name)))
  const steps = node.inputs[4] ? toNumbers(known(node, 4, 'steps')) : starts.map(() => 1)
  const lists = [starts, toNumbers(known(node, 2, 'ends')), places, steps].map(list => target.graph.ints(list))
  return [{ value: target.add(node, node.op, [value, ...lists]), order }]
}

export const pads: Rule = (node, target) => {
  const { value, order } = plainly(node.inputs[0]!, target)
  const rank = order.length
  const given = toNumbers(known(node, 1, 'pads'))
  const axes = node.inputs[3] ? toNumbers(known(node, 3, 'axes')) : natural(rank)
  const all = new Array<number>(2 * rank).fill(0)
  axes.forEach((axis, i) => {
    const place = order.indexOf(normalizeAxis(axis, rank, node.name))
    all[place] = given[i]!
    all[rank + place] = given[axes.length + i]!
  })
  const mode = node.attributes.mode as 'constant' | 'reflect' | 'edge' | 'wrap'
  const fill = node.inputs[2]
  const y = target.graph.within(node.name, () =>
    pad(value, all, { mode, ...(fill ? { value: target.at(fill).value } : {}) }),
  )
  return [{ value: y, order }]
}

/** Indices that are known: a vector keeps the axis, a single one removes it. */
export const gathers: Rule = (node, target) => {
  const held = known(node, 1, 'indices')
  const axis = axisOf(node)
  if (held.shape.length > 1)
    throw inexpressible(node, 'indices that are a vector or one number', `an array of rank ${held.shape.length}`)
  const { value, order } = plainly(node.inputs[0]!, target)
  const y = target.add(node, node.op, [value, target.at(node.inputs[1]!).value], { axis: order.indexOf(axis) })
  return [{ value: y, order: held.shape.length === 0 ? without(order, [axis]) : order }]
}

export const expands: Rule = (node, target) => {
  const x = node.inputs[0]!
  const y = node.outputs[0]!
  if (sameShape(x.shape, y.shape)) return [target.at(x)]
  const rank = y.shape.length
  const [wide, shape] = withRank(plainly(x, target), x.shape, rank)
  const value = inOrder(wide, shape, natural(rank))
  return [{ value: target.add(node, node.op, [value, target.at(node.inputs[1]!).value]), order: natural(rank) }]
}

/** Tile counts its repetitions per axis: they move along. */
export const tiles: Rule = (node, target) => {
  const { value, order } = plainly(node.inputs[0]!, target)
  const repeats = toNumbers(known(node, 1, 'repeats'))
  return [{ value: target.add(node, node.op, [value, target.graph.ints(order.map(axis => repeats[axis]!))]), order }]
}
