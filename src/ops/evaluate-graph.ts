import { FoveaError } from '../core/errors.js'
import { toNumbers } from '../core/tensor.js'
import type { Graph, Node, Value } from '../onnx/ir.js'
import type { InferContext, Numbers, Several } from '../onnx/operator.js'
import { liveNodes } from '../onnx/rewrite.js'

/**
 * The plain meaning of a whole graph, in float64 and without a runtime: what every fast form is compared with.
 * Slow by design. `feeds` gives each graph input by name.
 */
export function evaluateGraph(graph: Graph, feeds: Readonly<Record<string, Numbers>>): Map<Value, Numbers> {
  const known = new Map<Value, Numbers>()
  for (const input of graph.inputs) {
    const fed = feeds[input.name]
    if (!fed) throw new FoveaError({ where: 'evaluate', expected: `a feed for '${input.name}'`, received: 'none' })
    known.set(input, fed)
  }
  for (const [value, held] of graph.initializers)
    known.set(value, { shape: held.shape, data: Float64Array.from(toNumbers(held)) })
  for (const node of liveNodes(graph)) {
    const results = evaluateNode(
      node,
      node.inputs.map(input => input && known.get(input)) as unknown as Several<Numbers>,
    )
    node.outputs.forEach((output, i) => {
      if (results[i]) known.set(output, results[i])
    })
  }
  return known
}

function evaluateNode(node: Node, inputs: Several<Numbers>): Numbers[] {
  if (!node.op.evaluate)
    throw new FoveaError({ where: node.name, expected: 'an operator with a plain meaning', received: node.op.name })
  const context: InferContext = {
    types: inputs.map((input, i) => input && { dtype: node.inputs[i]!.dtype, shape: input.shape }),
    attributes: node.attributes,
    constant: i => node.inputs[i]?.constant,
    where: node.name,
    outputCount: node.outputs.length,
  }
  return node.op.evaluate({ inputs, attributes: node.attributes, outputs: node.op.infer(context) })
}
