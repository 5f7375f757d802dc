import { tensor, toNumbers } from '../../core/tensor.js'
import type { Graph, Node, Value } from '../../onnx/ir.js'
import type { Numbers, Several } from '../../onnx/operator.js'
import { rewrite } from '../../onnx/rewrite.js'
import { identity } from '../../ops/identity.js'

/** The outputs of a node whose inputs are all known now. */
function folded(node: Node, inputs: readonly (Value | undefined)[]): Value[] | undefined {
  const { evaluate } = node.op
  if (!evaluate || inputs.length === 0 || !inputs.some(input => input)) return undefined
  if (inputs.some(input => input && !input.constant)) return undefined
  // The bits of float16 are not its numbers.
  if ([...inputs, ...node.outputs].some(value => value?.dtype === 'float16')) return undefined
  const graph = inputs.find(input => input)!.graph
  const numbers = inputs.map(
    input => input && { shape: input.constant!.shape, data: Float64Array.from(toNumbers(input.constant!)) },
  )
  const types = node.outputs.map(output => output.type)
  const results: Numbers[] = evaluate({
    inputs: numbers as unknown as Several<Numbers>,
    attributes: node.attributes,
    outputs: types,
  })
  return node.outputs.map((output, i) => {
    const { shape, data } = results[i]!
    const held = tensor(output.dtype, shape)
    const convert = held.data instanceof BigInt64Array ? BigInt : Number
    for (let k = 0; k < data.length; k++) held.data[k] = convert(data[k]!) as never
    return graph.initializer(output.name, held)
  })
}

/** Whatever depends on constants alone becomes one. */
export const foldConstants = (graph: Graph): Graph => rewrite(graph, (node, inputs) => folded(node, inputs), identity)
