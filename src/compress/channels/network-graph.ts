import type { Tensor } from '../../core/tensor.js'
import { type Layer, type ParameterSpec, Scope } from '../../nn/scope.js'
import { Graph, type Value } from '../../onnx/ir.js'
import type { Makers } from './channel-groups.js'

export interface NetworkGraph {
  graph: Graph
  parameters: readonly ParameterSpec[]
  /** Filters or units by layer. */
  widths: ReadonlyMap<string, number>
  makers: Makers
}

/**
 * The inference form of a network alone: `images` float32 [batch, C, H, W] -> `logits`. Weights are inputs of their
 * names, or held where they are given.
 */
export function networkGraph(
  layer: Layer,
  inputShape: readonly number[],
  { batchSize, weights }: { batchSize: number; weights?: ReadonlyMap<string, Tensor> },
): NetworkGraph {
  const graph = new Graph('network')
  const images = graph.input('images', 'float32', [batchSize, ...inputShape])
  const weight = ({ name, shape }: { name: string; shape: readonly number[] }): Value =>
    weights ? graph.initializer(name, weights.get(name)!) : graph.input(name, 'float32', shape)
  const scope = new Scope(graph, 'inference', { parameter: weight, statistic: weight })
  graph.output(layer(images, scope), 'logits')
  return { graph, parameters: scope.parameters, widths: scope.widths, makers: makersOf(scope) }
}

/** A convolution keeps its filters on the first axis of its kernel, a dense layer its units on the last. */
function makersOf({ widths, parameters }: Scope): Makers {
  return new Map(
    [...widths.keys()].flatMap(layer => {
      const kernel = parameters.find(({ name }) => name === `${layer}/kernel`)
      return kernel ? [[layer, { weight: kernel.name, axis: kernel.shape.length === 2 ? 1 : 0 }] as const] : []
    }),
  )
}
