import { toNumbers } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import { inexpressible } from '../../channels-last/target.js'
import { integer, text } from './graph-def.js'
import type { Emit } from './operators.js'

const floatType = { T: { type: 'DT_FLOAT' } } as const

/** Pads in pairs per axis. A margin that takes away is a cut, which TensorFlow's Pad is not. */
export const pads: Emit = (node, graph) => {
  const [x, given, fill] = node.inputs as [Value, Value, Value?]
  const rank = x.shape.length
  const all = toNumbers(given.constant!)
  if (all.some(p => p < 0)) throw inexpressible(node, 'margins of at least 0', `[${all.join(', ')}]`)
  const pairs = graph.ints(Array.from({ length: rank }, (_, axis) => [all[axis]!, all[axis + rank]!]).flat(), [rank, 2])
  const { mode } = node.attributes
  if (mode === 'reflect')
    return [graph.add(node.name, 'MirrorPad', [graph.of(x), pairs], { ...floatType, mode: text('REFLECT') })]
  if (mode !== 'constant') throw inexpressible(node, 'padding with a constant or by reflection', String(mode))
  const value = fill ? constantOf(node, fill) : 0
  return [graph.add(node.name, 'PadV2', [graph.of(x), pairs, graph.float(value)], floatType)]
}

function constantOf(node: Node, value: Value): number {
  if (!value.constant) throw inexpressible(node, 'a fill that is a constant', 'a computed one')
  return toNumbers(value.constant)[0]!
}

/** Bounds per axis; masks say "from the start" and "to the end", so that no size has to be known. */
export const slices: Emit = (node, graph) => {
  const x = node.inputs[0]!
  const rank = x.shape.length
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map(i => toNumbers(node.inputs[i]!.constant!)) as [
    number[],
    number[],
    number[],
    number[],
  ]
  const begin = new Array<number>(rank).fill(0)
  const end = new Array<number>(rank).fill(0)
  const stride = new Array<number>(rank).fill(1)
  let [beginMask, endMask] = [2 ** rank - 1, 2 ** rank - 1]
  axes.forEach((axis, i) => {
    const size = x.shape[axis]
    if (typeof size !== 'number') throw inexpressible(node, 'slices of axes of known size', String(size))
    const step = steps[i]!
    // ONNX counts negative bounds from the back and cuts what lies beyond; so resolved, -1 below means "past the front".
    const resolve = (bound: number, low: number, high: number): number =>
      Math.min(high, Math.max(low, bound < 0 ? bound + size : bound))
    const from = step > 0 ? resolve(starts[i]!, 0, size) : resolve(starts[i]!, 0, size - 1)
    const to = step > 0 ? resolve(ends[i]!, 0, size) : resolve(ends[i]!, -1, size - 1)
    begin[axis] = from
    end[axis] = Math.max(to, 0)
    stride[axis] = step
    beginMask &= ~(1 << axis)
    if (to >= 0) endMask &= ~(1 << axis)
  })
  const inputs = [graph.of(x), graph.ints(begin), graph.ints(end), graph.ints(stride)]
  return [
    graph.add(node.name, 'StridedSlice', inputs, {
      ...floatType,
      begin_mask: integer(beginMask),
      end_mask: integer(endMask),
      ellipsis_mask: integer(0),
      new_axis_mask: integer(0),
      shrink_axis_mask: integer(0),
    }),
  ]
}

export const splits: Emit = (node, graph) => {
  const axis = node.attributes.axis as number
  const sizes = node.outputs.map(output => output.shape[axis] as number)
  const name = graph.add(node.name, 'SplitV', [graph.of(node.inputs[0]!), graph.ints(sizes), graph.ints([axis], [])], {
    num_split: integer(sizes.length),
  })
  return sizes.map((_, i) => (i === 0 ? name : `${name}:${i}`))
}
