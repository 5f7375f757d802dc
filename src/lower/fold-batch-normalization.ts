import type { Shape } from '../core/shape.js'
import { float32, type Tensor } from '../core/tensor.js'
import type { Graph, Node, Value } from '../onnx/ir.js'
import { liveNodes, rewrite } from '../onnx/rewrite.js'
import { add } from '../ops/add.js'
import { BatchNormalization } from '../ops/batch-normalization.js'
import { Conv } from '../ops/conv.js'
import { identity } from '../ops/identity.js'
import { mul } from '../ops/mul.js'

/** What batch normalisation with given statistics does to a channel: y = x · slope + shift. */
interface ChannelMap {
  slope: Float64Array
  shift: Float64Array
}

/**
 * Batch normalisation with given statistics (inference) disappears: into the kernel and bias of the convolution before
 * it, and where there is none, into one factor and one summand per channel.
 *
 * y = ((w * x) + b - mean) · s + beta = (w · s) * x + ((b - mean) · s + beta), s = gamma / √(variance + epsilon)
 *
 * Computed in float64 and rounded once. A convolution whose output is also read elsewhere keeps its weights.
 */
export function foldBatchNormalization(graph: Graph): Graph {
  const after = normalisationsOf(graph)
  if (!graph.nodes.some(isFoldable)) return graph
  const before = new Map([...after].map(([conv, normalisation]) => [normalisation, conv]))
  // Weights that two convolutions share (an image and its mirror) stay shared.
  const folded = new Map<string, [Value, Value]>()
  const rewritten = rewrite(
    graph,
    (node, inputs, target) => {
      const normalisation = after.get(node)
      if (normalisation) {
        const map = channelMapOf(normalisation)
        // By the numbers: a scale of ones may be written once for each view.
        const key = [...node.inputs.slice(1).map(input => input?.name), map.slope, map.shift].join('\n')
        const weights = folded.get(key) ?? foldInto(node, map, target)
        folded.set(key, weights)
        return target.addMany(Conv, [inputs[0], ...weights], node.attributes, { name: node.name })
      }
      if (before.has(node)) return [inputs[0]!]
      return isFoldable(node) ? [affine(node, inputs[0]!)] : undefined
    },
    identity,
  )
  // The weights that were there before are carried along by the copy, and read by nothing now.
  return rewrite(rewritten, undefined, identity)
}

/** Batch normalisation whose statistics are given: it is the same map for every image. */
export const isFoldable = (node: Node): boolean =>
  node.op === BatchNormalization &&
  node.attributes.training_mode === 0 &&
  node.inputs[0]!.dtype === 'float32' &&
  node.inputs.slice(1).every(input => input?.constant?.dtype === 'float32')

/** Convolutions of constant weights whose output one foldable batch normalisation reads, and nothing else. */
function normalisationsOf(graph: Graph): Map<Node, Node> {
  const readers = new Map<Value, Node[]>()
  for (const node of liveNodes(graph))
    for (const input of node.inputs) if (input) readers.set(input, [...(readers.get(input) ?? []), node])
  const found = new Map<Node, Node>()
  for (const node of graph.nodes) {
    if (node.op !== Conv || !node.inputs.slice(1).every(input => input?.constant?.dtype === 'float32')) continue
    const [y] = node.outputs as [Value]
    const [reader, ...others] = readers.get(y) ?? []
    if (reader && others.length === 0 && isFoldable(reader) && !graph.outputs.includes(y)) found.set(node, reader)
  }
  return found
}

export function channelMapOf(node: Node): ChannelMap {
  const [gamma, beta, mean, variance] = node.inputs.slice(1).map(input => input!.constant!.data) as Float32Array[]
  const epsilon = node.attributes.epsilon as number
  const slope = Float64Array.from(gamma!, (g, c) => g / Math.sqrt(variance![c]! + epsilon))
  return { slope, shift: slope.map((s, c) => beta![c]! - mean![c]! * s) }
}

function foldInto(conv: Node, { slope, shift }: ChannelMap, target: Graph): [Value, Value] {
  const [, w, b] = conv.inputs
  const kernel = w!.constant!
  const perFilter = kernel.data.length / slope.length
  const bias = b?.constant
  const scaled = Float32Array.from(kernel.data as Float32Array, (v, i) => v * slope[Math.floor(i / perFilter)]!)
  const moved = Float32Array.from(shift, (t, c) => t + (bias ? Number(bias.data[c]) * slope[c]! : 0))
  return [
    target.initializer(`${w!.name}/folded`, { ...kernel, data: scaled }),
    target.initializer(`${b?.name ?? `${conv.name}/bias`}/folded`, float32(moved)),
  ]
}

function affine(node: Node, x: Value): Value {
  const { slope, shift } = channelMapOf(node)
  const shape: Shape = x.shape.map((_, axis) => (axis === 1 ? slope.length : 1))
  const constant = (values: Float64Array): Tensor => float32(values, shape)
  return x.graph.within(node.name, () =>
    add(mul(x, x.graph.constant(constant(slope))), x.graph.constant(constant(shift))),
  )
}
