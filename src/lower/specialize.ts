import type { Dim } from '../core/shape.js'
import { Graph } from '../onnx/ir.js'
import { copyInto, liveNodes, type Mapping } from '../onnx/rewrite.js'
import { identity } from '../ops/identity.js'

/** The same graph with named dimensions given sizes ({ N: 64 }): forms that reshape across images need to know them. */
export function specialize(graph: Graph, sizes: Readonly<Record<string, number>>): Graph {
  const target = new Graph(graph.name)
  const mapping: Mapping = new Map()
  const fixed = (dim: Dim): Dim => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim)
  for (const input of graph.inputs) mapping.set(input, target.input(input.name, input.dtype, input.shape.map(fixed)))
  copyInto(liveNodes(graph), target, mapping)
  for (const output of graph.outputs) {
    const image = mapping.get(output)!
    target.output(image.producer && !target.outputs.includes(image) ? image : identity(image), output.name)
  }
  return target
}
