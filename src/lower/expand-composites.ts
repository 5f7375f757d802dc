import { FoveaError } from '../core/errors.js'
import type { Graph } from '../onnx/ir.js'
import { rewrite } from '../onnx/rewrite.js'
import { identity } from '../ops/identity.js'

/** The same graph in ONNX operators only: every composite said in the operators it is made of. */
export function expandComposites(graph: Graph): Graph {
  if (graph.nodes.every(node => node.op.domain !== 'fovea')) return graph
  const expanded = rewrite(
    graph,
    (node, inputs, target) => {
      const { domain, expand, name } = node.op
      if (domain !== 'fovea') return undefined
      if (expand) return target.within(node.name, () => expand(node, inputs as never))
      throw new FoveaError({
        where: node.name,
        expected: 'a composite that says itself in standard operators',
        received: `${name} without expand`,
        fix: `give ${name} an expand`,
      })
    },
    identity,
  )
  // A composite may be made of composites.
  return expandComposites(expanded)
}
