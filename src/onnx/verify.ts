import { FoveaError, messageOf } from '../core/errors.js'
import { formatShape, sameShape, sizeOf } from '../core/shape.js'
import type { Graph, Node, Value, ValueType } from './ir.js'

/**
 * The law that every graph obeys, checked between passes: a value is an input, an initializer or computed by an
 * earlier node of the same graph; names stand for one thing; bytes fit their types; every type is what its operator's
 * shape rule says now. Gives the graph back, or throws with the node's name.
 */
export function verifyGraph(graph: Graph): Graph {
  const known = new Set<Value>()
  const names = new Set<string>()
  for (const input of graph.inputs) {
    if (graph.initializers.has(input)) throw broken(graph, `input '${input.name}'`, 'an input without bytes', 'both')
    introduce(graph, input, known, names)
  }
  for (const [value, held] of graph.initializers) {
    introduce(graph, value, known, names)
    const { dtype, shape } = held
    const fits = dtype === value.dtype && sameShape(shape, value.shape) && held.data.length === sizeOf(shape)
    if (!fits)
      throw broken(
        graph,
        `initializer '${value.name}'`,
        describe(value.type),
        `${describe(held)} of ${held.data.length}`,
      )
  }
  const nodeNames = new Set<string>()
  for (const node of graph.nodes) {
    if (nodeNames.has(node.name)) throw broken(graph, `node '${node.name}'`, 'node names that are used once', 'two')
    nodeNames.add(node.name)
    verifyNode(graph, node, known)
    for (const output of node.outputs) introduce(graph, output, known, names)
  }
  const declared = new Set<Value>()
  for (const output of graph.outputs) {
    if (!known.has(output)) throw broken(graph, `output '${output.name}'`, 'a value of the graph', 'one that is not')
    if (declared.has(output)) throw broken(graph, `output '${output.name}'`, 'an output once', 'it twice')
    declared.add(output)
  }
  return graph
}

const broken = (graph: Graph, place: string, expected: string, received: string): FoveaError =>
  new FoveaError({ where: `graph '${graph.name}', ${place}`, expected, received })

const describe = ({ dtype, shape }: ValueType): string => `${dtype}${formatShape(shape)}`

function introduce(graph: Graph, value: Value, known: Set<Value>, names: Set<string>): void {
  const place = `value '${value.name}'`
  if (value.graph !== graph) throw broken(graph, place, 'values of this graph', `one of '${value.graph.name}'`)
  if (known.has(value)) throw broken(graph, place, 'one origin', 'two')
  if (names.has(value.name)) throw broken(graph, place, 'names that are used once', 'two values of this name')
  known.add(value)
  names.add(value.name)
}

function verifyNode(graph: Graph, node: Node, known: ReadonlySet<Value>): void {
  const place = `node '${node.name}' (${node.op.name})`
  const [min, max] = node.op.arity
  const count = node.inputs.length
  if (count < min || count > max) throw broken(graph, place, `${min} to ${max} inputs`, String(count))
  node.inputs.forEach((input, i) => {
    if (input && !known.has(input))
      throw broken(graph, place, 'inputs that exist before it', `input ${i}, '${input.name}', which does not`)
  })
  node.outputs.forEach((output, i) => {
    if (output.producer !== node || output.outputIndex !== i)
      throw broken(graph, place, 'outputs that name it as their producer', `'${output.name}', which does not`)
  })
  for (const [name, { optional }] of Object.entries(node.op.attributes))
    if (node.attributes[name] === undefined && !optional) throw broken(graph, place, `attribute '${name}'`, 'none')
  const types = inferAgain(graph, node, place)
  node.outputs.forEach(({ name, type }, i) => {
    const again = types[i]
    if (!again || again.dtype !== type.dtype || !sameShape(again.shape, type.shape))
      throw broken(graph, place, `${again ? describe(again) : 'no output'} for '${name}'`, describe(type))
  })
}

function inferAgain(graph: Graph, node: Node, place: string): readonly ValueType[] {
  try {
    return node.op.infer({
      types: node.inputs.map(input => input?.type),
      attributes: node.attributes,
      constant: i => node.inputs[i]?.constant,
      where: node.name,
      outputCount: node.outputs.length,
    })
  } catch (cause) {
    throw new FoveaError(
      { where: `graph '${graph.name}', ${place}`, expected: 'types that can be inferred', received: messageOf(cause) },
      { cause },
    )
  }
}
