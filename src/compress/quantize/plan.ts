import type { Graph, Node, Value } from '../../onnx/ir.js'
import { liveNodes } from '../../onnx/rewrite.js'
import { Add } from '../../ops/add.js'
import { AveragePool } from '../../ops/average-pool.js'
import { Clip } from '../../ops/clip.js'
import { Concat } from '../../ops/concat.js'
import { Conv } from '../../ops/conv.js'
import { Flatten } from '../../ops/flatten.js'
import { Gemm } from '../../ops/gemm.js'
import { GlobalAveragePool } from '../../ops/global-average-pool.js'
import { Identity } from '../../ops/identity.js'
import { MatMul } from '../../ops/mat-mul.js'
import { MaxPool } from '../../ops/max-pool.js'
import { Mul } from '../../ops/mul.js'
import { Relu } from '../../ops/relu.js'
import { Reshape } from '../../ops/reshape.js'
import { Slice } from '../../ops/slice.js'
import { Squeeze } from '../../ops/squeeze.js'
import { Transpose } from '../../ops/transpose.js'
import { Unsqueeze } from '../../ops/unsqueeze.js'
import { type Pixels, pixelsOf } from './pixels.js'
import { readersOf } from './prepare.js'

/** Weights that a convolution or a dense layer multiplies by; two views of an image share one layer. */
export interface QuantizedLayer {
  name: string
  nodes: readonly Node[]
  weight: Value
  bias: Value | undefined
  /** Axis of the weight that counts the outputs: scales go along it. */
  axis: number
}

/** Which values of a prepared graph become 8-bit numbers, and how. */
export interface QuantizationPlan {
  graph: Graph
  /** In the order of the graph. */
  layers: readonly QuantizedLayer[]
  layerOf: ReadonlyMap<Node, QuantizedLayer>
  quantized: ReadonlySet<Value>
  /** Activations that cost nothing: the quantisation of their output cuts where they do. */
  absorbed: ReadonlySet<Node>
  /** The images as the network sees them, where the bytes can go into the first convolutions as they are. */
  pixels: Pixels | undefined
}

/** Whether the bytes of images are what a layer computes with. */
export const readsPixels = ({ pixels }: QuantizationPlan, { nodes }: QuantizedLayer): boolean =>
  pixels !== undefined && nodes.some(node => pixels.convs.includes(node))

/** Numbers move and stay what they are: scale and zero point with them. */
const carriers = new Set<Node['op']>([MaxPool, Flatten, Reshape, Slice, Squeeze, Transpose, Unsqueeze, Identity])
/** Operators of several images or vectors that the runtime has an integer kernel for. */
const joiners = new Set<Node['op']>([Add, Mul, Concat])
const pools = new Set<Node['op']>([AveragePool, GlobalAveragePool])

export const isCarrier = ({ op }: Node): boolean => carriers.has(op)

/** ReLU, or ReLU with a ceiling: nothing below zero leaves it. */
export const isRectifier = ({ op, inputs }: Node): boolean => {
  if (op === Relu) return true
  const [low, high] = [inputs[1], inputs[2]].map(bound => bound?.constant)
  return op === Clip && Number(low?.data[0]) === 0 && (!inputs[2] || high !== undefined)
}

/** A convolution or a dense layer, in float or not. */
export const isLayerOperator = (node: Node): boolean => outputAxis(node) !== undefined

/** Every layer of a prepared graph with constant weights, in order. */
export function layersOf(graph: Graph): QuantizedLayer[] {
  const byWeight = new Map<Value, Node[]>()
  for (const node of liveNodes(graph)) {
    const w = node.inputs[1]
    if (w?.constant?.dtype !== 'float32' || outputAxis(node) === undefined) continue
    const bias = node.inputs[2]
    if (bias && !bias.constant) continue
    const nodes = byWeight.get(w)
    if (nodes) nodes.push(node)
    else byWeight.set(w, [node])
  }
  return [...byWeight].map(([weight, nodes]) => ({
    name: weight.name.replace(/(\/(kernel|weight))?(\/folded)?$/, ''),
    nodes,
    weight,
    bias: nodes[0]!.inputs[2],
    axis: outputAxis(nodes[0]!)!,
  }))
}

function outputAxis({ op, inputs, attributes }: Node): number | undefined {
  if (op === Conv && inputs[1]!.shape.length === 4) return 0
  if (op === Gemm) {
    const plain = attributes.alpha === 1 && attributes.beta === 1 && !attributes.transA && inputs[2]?.shape.length === 1
    return plain ? (attributes.transB ? 0 : 1) : undefined
  }
  return op === MatMul && inputs[1]!.shape.length === 2 ? 1 : undefined
}

/** All that the runtime has integer kernels for, but for the layers (by their weights) that are to stay in float. */
export function planQuantization(graph: Graph, inFloat: ReadonlySet<Value> = new Set()): QuantizationPlan {
  const layers = layersOf(graph).filter(({ weight }) => !inFloat.has(weight))
  const layerOf = new Map(layers.flatMap(layer => layer.nodes.map(node => [node, layer] as const)))
  const readers = readersOf(graph)
  const pixels = pixelsOf(graph, readers, node => layerOf.has(node) && node.op === Conv)
  const quantized = quantizedValues(graph, layerOf, readers)
  const absorbed = new Set<Node>()
  for (const node of liveNodes(graph)) {
    const before = node.inputs[0]?.producer
    const computed = before && (layerOf.has(before) || joiners.has(before.op) || pools.has(before.op))
    const wanted = [node.inputs[0]!, node.outputs[0]!].some(value => quantized.has(value))
    if (computed && isRectifier(node) && wanted && readers(node.inputs[0]!).length === 1) {
      absorbed.add(node)
      quantized.add(node.outputs[0]!)
      quantized.delete(node.inputs[0]!)
    }
  }
  return { graph, layers, layerOf, quantized, absorbed, pixels }
}

/**
 * Values that an integer kernel reads, and those that come out of a convolution (the runtime computes in integers only
 * where the result is one as well). Whether others are worth it is asked from the end: what passes its input on, or
 * joins several, needs 8 bits where its output does.
 */
function quantizedValues(
  graph: Graph,
  layerOf: ReadonlyMap<Node, QuantizedLayer>,
  readers: ReturnType<typeof readersOf>,
): Set<Value> {
  const nodes = liveNodes(graph)
  const dependent = new Set<Value>(graph.inputs)
  for (const node of nodes)
    if (node.inputs.some(value => value && dependent.has(value))) for (const y of node.outputs) dependent.add(y)
  const wanted = new Set<Value>()
  const passes = (node: Node, value: Value): boolean => {
    if (layerOf.has(node)) return node.inputs[0] === value
    if (!wanted.has(node.outputs[0]!)) return false
    const moving = node.inputs.filter(input => input && !input.constant)
    if (joiners.has(node.op)) return moving.length === node.inputs.length
    if (moving.length !== 1) return false
    // What a layer in float gives is rounded once, after the activation that follows.
    const inFloat = value.producer && isLayerOperator(value.producer) && !layerOf.has(value.producer)
    return isCarrier(node) || pools.has(node.op) || (node.op.pointwise === true && !inFloat)
  }
  for (const node of [...nodes].reverse())
    for (const value of node.outputs) {
      if (value.dtype !== 'float32' || !dependent.has(value)) continue
      const [reader, ...others] = readers(value)
      const rectified = reader && others.length === 0 && isRectifier(reader)
      const computed = layerOf.has(node) && (node.op === Conv || rectified)
      if (computed || readers(value).some(reader => reader && passes(reader, value))) wanted.add(value)
    }
  return wanted
}
