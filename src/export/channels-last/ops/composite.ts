import { Graph, type Value } from '../../../onnx/ir.js'
import type { AttributeSpec, Attributes, OpDefinition, Several } from '../../../onnx/operator.js'
import { evaluateGraph } from '../../../ops/evaluate-graph.js'

interface CompositeFacts {
  name: string
  attributes?: Record<string, AttributeSpec>
  arity: readonly [number, number]
  /** The operator said in standard ONNX operators: its shape rule, its meaning and its expansion. */
  build(inputs: Several<Value>, attributes: Attributes): Value
}

/** An operator of the channels-last formats that ONNX lacks. Graphs of them are made for export, never trained. */
export const composite = ({ name, attributes = {}, arity, build }: CompositeFacts): OpDefinition => ({
  name,
  domain: 'fovea',
  attributes,
  arity,
  vjp: { unsupported: 'train the channels-first graph, then export it' },
  infer({ types, attributes: given, where }) {
    const graph = new Graph(name)
    const inputs = types.map((type, i) => type && graph.input(`input_${i}`, type.dtype, type.shape))
    return [graph.within(where, () => build(inputs as unknown as Several<Value>, given)).type]
  },
  evaluate({ inputs, attributes: given }) {
    const graph = new Graph(name)
    const feeds = Object.fromEntries(inputs.map((input, i) => [`input_${i}`, input]).filter(([, input]) => input))
    const values = inputs.map((input, i) => input && graph.input(`input_${i}`, 'float64', input.shape))
    const y = graph.output(build(values as unknown as Several<Value>, given))
    return [evaluateGraph(graph, feeds).get(y)!]
  },
  expand: (node, inputs) => [build(inputs, node.attributes)],
})
