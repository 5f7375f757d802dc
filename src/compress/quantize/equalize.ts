import { float32, type Tensor } from '../../core/tensor.js'
import type { Graph, Node, Value } from '../../onnx/ir.js'
import { rewrite } from '../../onnx/rewrite.js'
import { AveragePool } from '../../ops/average-pool.js'
import { Conv } from '../../ops/conv.js'
import { identity } from '../../ops/identity.js'
import { MaxPool } from '../../ops/max-pool.js'
import { Relu } from '../../ops/relu.js'
import { largestAlong, placeAlong } from './parameters.js'
import { layersOf, type QuantizedLayer } from './plan.js'
import { readersOf } from './prepare.js'

/** A convolution whose channels reach one other convolution through ReLU and pooling alone. */
interface Pair {
  first: QuantizedLayer
  second: QuantizedLayer
}

/** f(s x) = s f(x) for s > 0, channel by channel. */
const homogeneous = new Set<Node['op']>([Relu, MaxPool, AveragePool])

/**
 * Cross-layer equalisation (Nagel et al. 2019, arXiv 1906.04721, section 4.1): what a channel is divided by in the
 * weights that make it, it is multiplied by in the weights that read it, so that its largest weight is the same on both
 * sides: s = √(r₁ r₂) / r₂. The network computes the same; one scale then fits the weights of all channels.
 */
export function equalize(graph: Graph): Graph {
  const pairs = pairsOf(graph)
  if (pairs.length === 0) return graph
  const held = new Map<Value, Tensor>()
  const tensorOf = (value: Value): Tensor => held.get(value) ?? value.constant!
  for (let round = 0; round < ROUNDS; round++)
    for (const { first, second } of pairs) {
      const made = largestAlong(tensorOf(first.weight), 0)
      const read = largestAlong(tensorOf(second.weight), 1)
      const factors = made.map((r, c) => (r > 0 && read[c]! > 0 ? Math.sqrt(r / read[c]!) : 1))
      held.set(
        first.weight,
        scaled(tensorOf(first.weight), 0, c => 1 / factors[c]!),
      )
      if (first.bias)
        held.set(
          first.bias,
          scaled(tensorOf(first.bias), 0, c => 1 / factors[c]!),
        )
      held.set(
        second.weight,
        scaled(tensorOf(second.weight), 1, c => factors[c]!),
      )
    }
  const images = new Map<Value, Value>()
  return rewrite(
    graph,
    (node, inputs, target) => {
      if (!node.inputs.some(input => input && held.has(input))) return undefined
      const changed = node.inputs.map((input, i) => {
        const tensor = input && held.get(input)
        if (!tensor) return inputs[i]
        const image = images.get(input) ?? target.initializer(`${input.name}/equalized`, tensor)
        images.set(input, image)
        return image
      })
      return target.addMany(node.op, changed, node.attributes, { outputs: node.outputs.length, name: node.name })
    },
    identity,
  )
}

/** A chain of pairs settles in a few; each keeps the function. */
const ROUNDS = 10

function scaled(held: Tensor, axis: number, factor: (place: number) => number): Tensor {
  const at = placeAlong(held.shape, axis)
  return float32(
    Array.from(held.data as Float32Array, (value, i) => value * factor(at(i))),
    held.shape,
  )
}

function pairsOf(graph: Graph): Pair[] {
  const readers = readersOf(graph)
  const layers = layersOf(graph).filter(({ nodes }) => nodes.every(isDense))
  const layerOf = new Map(layers.flatMap(layer => layer.nodes.map(node => [node, layer] as const)))
  const onlyHere = (value: Value, { nodes }: QuantizedLayer): boolean => readers(value).length === nodes.length
  const pairs: Pair[] = []
  for (const first of layers) {
    if (!onlyHere(first.weight, first) || (first.bias && !onlyHere(first.bias, first))) continue
    const seconds = new Set(
      first.nodes.map(node => {
        let [reader, ...others] = readers(node.outputs[0]!)
        while (reader && others.length === 0 && homogeneous.has(reader.op))
          [reader, ...others] = readers(reader.outputs[0]!)
        return reader && others.length === 0 ? layerOf.get(reader) : undefined
      }),
    )
    const [second] = seconds
    // Every use of either weight is in the pair: two views of an image make two of each.
    const alone = second && seconds.size === 1 && second.nodes.length === first.nodes.length
    if (alone && second !== first && onlyHere(second.weight, second)) pairs.push({ first, second })
  }
  return pairs
}

const isDense = ({ op, attributes }: Node): boolean => op === Conv && attributes.group === 1
