import { normalizeAxis } from '../../core/shape.js'
import { toNumbers } from '../../core/tensor.js'
import type { Node, Value } from '../../onnx/ir.js'
import { axesOf } from '../../ops/kinds/reduction.js'
import type { ChannelSets } from './channel-sets.js'

/** For every axis of a value the channel at each index, or undefined where the axis is not followed. */
export type Axes = readonly (readonly number[] | undefined)[]

/** What a rule sees: a node, and the channels of its inputs (no input: no axes). */
export interface Followed {
  node: Node
  axes: readonly Axes[]
  sets: ChannelSets
}

/** Ties the channels of a node's inputs and says what the channels of its outputs are. */
type Rule = (followed: Followed) => Axes[]

const unfollowed = (value: Value): Axes => value.shape.map(() => undefined)
const because = (node: Node): string => `${node.op.name} '${node.name}'`

/** One number in every place: the network makes such a constant anew in any size. */
function isUniform(value: Value): boolean {
  const held = value.constant
  return (
    held !== undefined && (held.data as ArrayLike<number>).length > 0 && new Set(held.data as Float32Array).size === 1
  )
}

/** All that is known of an operator without a rule: what it reads stays as it is. */
const holdEverything: Rule = ({ node, axes, sets }) => {
  for (const channels of axes.flat()) sets.pin(channels, because(node))
  return node.outputs.map(unfollowed)
}

/** kernel [O, C/g, ...]: axis 1 reads the channels of x, group by group; axis 0 makes those of y. */
const convolution: Rule = ({ node, axes: [x, w, b], sets }) => {
  const groups = node.attributes.group as number
  const [filters, perGroup] = node.inputs[1]!.shape as [number, number]
  const made = w![0]
  const [read, reason] = [x![1], because(node)]
  const filtersPerGroup = filters / groups
  if (groups > 1 && perGroup === 1) {
    // Depthwise: the filters of a channel go with it.
    const readBy = read && made?.map((_, o) => read[Math.floor(o / filtersPerGroup)]!)
    sets.tie(made, readBy, reason)
    if (!made) sets.pin(read, reason)
  } else {
    for (let g = 0; g < groups; g++) sets.tie(read?.slice(g * perGroup, (g + 1) * perGroup), w![1], reason)
    // Groups stay of one size: the same filter of each of them goes.
    for (let g = 1; g < groups; g++)
      sets.tie(made?.slice(0, filtersPerGroup), made?.slice(g * filtersPerGroup, (g + 1) * filtersPerGroup), reason)
  }
  if (b?.length) sets.tie(b[0], made, reason)
  return [node.outputs[0]!.shape.map((_, axis) => (axis === 1 ? made : undefined))]
}

/** y = x w with a weight matrix; a product of two activations (attention) holds both. */
const matrixProduct: Rule = followed => {
  const { node, axes, sets } = followed
  const [x, w, c] = axes
  const turned = node.attributes.transB === 1
  if (node.inputs[1]!.shape.length !== 2 || !w![0] || node.attributes.transA === 1) return holdEverything(followed)
  const [read, made] = turned ? [w![1], w![0]] : [w![0], w![1]]
  sets.tie(x!.at(-1), read, because(node))
  if (c?.length && node.inputs[2]!.shape.at(-1) !== 1) sets.tie(c.at(-1), made, because(node))
  return [[...x!.slice(0, -1), made]]
}

/** Element by element with broadcasting: channels that meet are the same ones. */
const elementwise: Rule = ({ node, axes, sets }) => {
  const rank = node.outputs[0]!.shape.length
  const reason = because(node)
  return [
    node.outputs[0]!.shape.map((size, axis) => {
      let met: readonly number[] | undefined
      let held = false
      node.inputs.forEach((input, i) => {
        const own = axis - rank + (input?.shape.length ?? 0)
        if (!input || own < 0) return
        const channels = axes[i]![own]
        if (input.shape[own] !== size) sets.pin(channels, reason)
        else if (!channels) held ||= size !== 1 && !isUniform(input)
        else if (met) sets.tie(met, channels, reason)
        else met = channels
      })
      if (held) sets.pin(met, reason)
      return met
    }),
  ]
}

/** One number of each of scale, shift, mean and variance for each channel. */
const batchNormalization: Rule = ({ node, axes, sets }) => {
  const [x, ...perChannel] = axes
  perChannel.forEach((vector, i) => {
    if (vector[0] || !isUniform(node.inputs[i + 1]!)) sets.tie(x![1], vector[0], because(node))
  })
  return node.outputs.map(() => x!)
}

/** Windows over an image: channels pass. */
const pooling: Rule = ({ node, axes: [x] }) =>
  node.outputs.map(output => output.shape.map((_, axis) => (axis === 1 ? x![1] : undefined)))

/** The axes that are folded must stay as they are: a mean over fewer channels is another mean. */
const reduction: Rule = ({ node, axes: [x], sets }) => {
  const folded = axesOf(node)
  for (const axis of folded) sets.pin(x![axis], because(node))
  const keeps = node.attributes.keepdims === 1
  return [x!.flatMap((channels, axis) => (folded.includes(axis) ? (keeps ? [undefined] : []) : [channels]))]
}

/** Works along one axis and mixes what lies there. */
const alongAxis: Rule = ({ node, axes: [x], sets }) => {
  const axis = normalizeAxis((node.attributes.axis as number | undefined) ?? -1, x!.length, node.name)
  sets.pin(x![axis], because(node))
  return [x!]
}

const concatenation: Rule = ({ node, axes, sets }) => {
  const rank = node.outputs[0]!.shape.length
  const along = normalizeAxis(node.attributes.axis as number, rank, node.name)
  const reason = because(node)
  return [
    Array.from({ length: rank }, (_, axis) => {
      if (axis !== along) {
        const followed = axes.map(input => input[axis])
        for (const channels of followed.slice(1)) sets.tie(followed[0], channels, reason)
        return followed[0]
      }
      if (axes.every(input => !input[axis])) return undefined
      return axes.flatMap((input, i) => input[axis] ?? fixed(sets, node.inputs[i]!.shape[axis] as number, reason))
    }),
  ]
}

function fixed(sets: ChannelSets, count: number, reason: string): number[] {
  const channels = sets.fresh(count)
  sets.pin(channels, reason)
  return channels
}

const product = (dims: readonly unknown[]): number => (dims as number[]).reduce((result, dim) => result * dim, 1)

/** Row-major order is kept: an axis survives whole, or together with the smaller ones after it (flatten). */
const reshaping: Rule = ({ node, axes: [x], sets }) => {
  const from = node.inputs[0]!.shape
  const to = node.outputs[0]!.shape
  const result: (readonly number[] | undefined)[] = to.map(() => undefined)
  x!.forEach((channels, axis) => {
    if (!channels) return
    const inner = product(from.slice(axis + 1))
    const target = to.findIndex((size, a) => {
      const repeat = inner / product(to.slice(a + 1))
      return Number.isInteger(repeat) && size === channels.length * repeat
    })
    if (target < 0 || result[target]) {
      sets.pin(channels, because(node))
      return
    }
    const repeat = inner / product(to.slice(target + 1))
    result[target] = channels.flatMap(channel => new Array<number>(repeat).fill(channel))
  })
  return [result]
}

const transposition: Rule = ({ node, axes: [x] }) => {
  const perm = node.attributes.perm as readonly number[] | undefined
  return [perm ? perm.map(axis => x![axis]) : [...x!].reverse()]
}

/** Margins around the channels are channels too, and stay. */
const padding: Rule = followed => {
  const { node, axes, sets } = followed
  const [x] = axes
  const pads = node.inputs[1]?.constant && toNumbers(node.inputs[1].constant)
  const rank = x!.length
  if (!pads || node.inputs[3] || pads.some(pad => pad < 0)) return holdEverything(followed)
  return [
    x!.map((channels, axis) => {
      const [begin, end] = [pads[axis]!, pads[rank + axis]!]
      if (!channels || begin + end === 0) return channels
      const reason = because(node)
      return [...fixed(sets, begin, reason), ...channels, ...fixed(sets, end, reason)]
    }),
  ]
}

/** Axes that keep their size pass; a cut through channels holds them, because it counts them. */
const cutting: Rule = ({ node, axes: [x], sets }) => {
  const from = node.inputs[0]!.shape
  return node.outputs.map(output =>
    x!.map((channels, axis) => {
      if (output.shape[axis] === from[axis]) return channels
      sets.pin(channels, because(node))
      return undefined
    }),
  )
}

const layerNormalization: Rule = ({ node, axes, sets }) => {
  for (const channels of axes.flat()) sets.pin(channels, because(node))
  return [axes[0]!, ...node.outputs.slice(1).map(unfollowed)]
}

const rules: Readonly<Record<string, Rule>> = {
  AveragePool: pooling,
  BatchNormalization: batchNormalization,
  Concat: concatenation,
  Conv: convolution,
  Flatten: reshaping,
  Gemm: matrixProduct,
  GlobalAveragePool: pooling,
  LayerNormalization: layerNormalization,
  LogSoftmax: alongAxis,
  MatMul: matrixProduct,
  MaxPool: pooling,
  Pad: padding,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceSum: reduction,
  Reshape: reshaping,
  Slice: cutting,
  Softmax: alongAxis,
  Split: cutting,
  Squeeze: reshaping,
  Transpose: transposition,
  Unsqueeze: reshaping,
}

/** Follows channels through one node, by its rule; operators without one hold what they read. */
export function followNode(followed: Followed): Axes[] {
  const { op } = followed.node
  return (rules[op.name] ?? (op.pointwise ? elementwise : holdEverything))(followed)
}
