import { float32, type Tensor, tensor, toNumbers } from '../core/tensor.js'
import { Graph, type Node, type Value } from '../onnx/ir.js'
import { copyInto, liveNodes, type Mapping, mapped } from '../onnx/rewrite.js'
import { BatchNormalization } from '../ops/batch-normalization.js'
import { Conv } from '../ops/conv.js'
import { identity } from '../ops/identity.js'
import { MaxPool } from '../ops/max-pool.js'

/** y = slope · x + shift, one pair for each channel. */
export interface ChannelAffine {
  slope: Float64Array
  shift: Float64Array
}

/** What a BatchNormalization with constant statistics does to each channel; undefined where one is computed. */
export function channelAffineOf({ inputs, attributes }: Node): ChannelAffine | undefined {
  const held = inputs.slice(1).map(input => input?.constant)
  if (attributes.training_mode || held.some(vector => vector === undefined)) return undefined
  const [gamma, beta, mean, variance] = held.map(vector => toNumbers(vector!)) as [
    number[],
    number[],
    number[],
    number[],
  ]
  const slope = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c]! + (attributes.epsilon as number)))
  return { slope, shift: Float64Array.from(beta, (b, c) => b - mean[c]! * slope[c]!) }
}

/**
 * Batch normalisation in inference as part of the convolution before it: w' = slope · w, b' = slope · b + shift. It
 * passes a max pooling in between where every slope is positive. What no convolution can take stays as it is.
 */
export function foldBatchNormalization(graph: Graph): Graph {
  const folds = findFolds(graph)
  if (folds.size === 0) return graph
  const folded = new Set(folds.values())
  const target = new Graph(graph.name)
  const mapping: Mapping = new Map()
  for (const input of graph.inputs) mapping.set(input, target.input(input.name, input.dtype, input.shape))
  /** Views of one image (its mirror) go through the same weights: they share the folded ones too. */
  const shared = new Map<string, [Value, Value]>()
  for (const node of liveNodes(graph)) {
    const normalization = folds.get(node)
    if (normalization) {
      const affine = channelAffineOf(normalization)!
      // By the numbers: a scale of ones may be written once for each view.
      const key = [node.inputs[1]!.name, node.inputs[2]?.name ?? '', affine.slope, affine.shift].join('\n')
      let weights = shared.get(key)
      if (!weights) shared.set(key, (weights = foldedWeights(node, affine, target)))
      const x = mapped(mapping, node.inputs[0])
      mapping.set(node.outputs[0]!, target.add(Conv, [x, ...weights], node.attributes, { name: node.name }))
    } else if (folded.has(node)) mapping.set(node.outputs[0]!, mapped(mapping, node.inputs[0])!)
    else copyInto([node], target, mapping)
  }
  for (const output of graph.outputs) {
    const image = mapped(mapping, output)!
    target.output(image.producer && !target.outputs.includes(image) ? image : identity(image), output.name)
  }
  return target
}

function findFolds(graph: Graph): Map<Node, Node> {
  const nodes = liveNodes(graph)
  const uses = new Map<Value, number>()
  for (const value of [...nodes.flatMap(node => node.inputs), ...graph.outputs])
    if (value) uses.set(value, (uses.get(value) ?? 0) + 1)
  const folds = new Map<Node, Node>()
  for (const node of nodes) {
    if (node.op !== BatchNormalization) continue
    const affine = channelAffineOf(node)
    let before = node.inputs[0]!
    if (affine?.slope.every(slope => slope > 0))
      while (before.producer?.op === MaxPool && uses.get(before) === 1) before = before.producer.inputs[0]!
    const conv = before.producer
    const [, w, b] = conv?.inputs ?? []
    const constant = w?.constant?.dtype === 'float32' && (!b || b.constant?.dtype === 'float32')
    if (affine && conv?.op === Conv && constant && uses.get(before) === 1 && !folds.has(conv)) folds.set(conv, node)
  }
  return folds
}

function foldedWeights(conv: Node, { slope, shift }: ChannelAffine, target: Graph): [Value, Value] {
  const [, w, b] = conv.inputs as readonly Value[]
  const bias = b ? toNumbers(b.constant!) : Array.from(slope, () => 0)
  return [
    target.initializer(w!.name, scaledRows(w!.constant!, slope)),
    target.initializer(b?.name ?? `${conv.name}/bias`, float32(bias.map((value, c) => slope[c]! * value + shift[c]!))),
  ]
}

/** w [K, ...] with row k times factors[k]. */
export function scaledRows(w: Tensor, factors: ArrayLike<number>): Tensor {
  const size = w.data.length / w.shape[0]!
  const data = Float32Array.from(w.data as Float32Array, (value, i) => value * factors[Math.floor(i / size)]!)
  return tensor('float32', w.shape, data)
}
