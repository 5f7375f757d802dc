import { Graph, type Node, type Value } from './ir.js'

/** The values of a graph under construction that stand for values of another. */
export type Mapping = Map<Value, Value>

export const mapped = (mapping: Mapping, value: Value | undefined): Value | undefined => {
  if (!value) return undefined
  const image = mapping.get(value)
  if (image) return image
  throw new Error(`no image of '${value.name}' in the graph being built`)
}

/** Nodes that an output depends on, in order. */
export function liveNodes(graph: Graph): Node[] {
  const wanted = new Set<Value>(graph.outputs)
  const live: Node[] = []
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!
    if (!node.outputs.some(output => wanted.has(output))) continue
    live.push(node)
    for (const input of node.inputs) if (input) wanted.add(input)
  }
  return live.reverse()
}

/**
 * Gives the images of one node's outputs in `target`; undefined: copy the node as it is. `image` finds what stands in
 * `target` for any earlier value.
 */
export type Visit = (
  node: Node,
  inputs: readonly (Value | undefined)[],
  target: Graph,
  image: (value: Value) => Value,
) => readonly Value[] | undefined

/** The node again, in another graph. */
export function copyNode(node: Node, inputs: readonly (Value | undefined)[], target: Graph): Value[] {
  return target.addMany(node.op, inputs, node.attributes, { outputs: node.outputs.length, name: node.name })
}

/** Copies `nodes` into `target`, extending `mapping`; initializers follow when first used. */
export function copyInto(nodes: readonly Node[], target: Graph, mapping: Mapping, visit?: Visit): void {
  const carry = (value: Value | undefined): Value | undefined => {
    const held = value && !mapping.has(value) ? value.constant : undefined
    if (held) mapping.set(value!, target.initializer(value!.name, held))
    return mapped(mapping, value)
  }
  for (const node of nodes) {
    const inputs = node.inputs.map(carry)
    const images = visit?.(node, inputs, target, value => carry(value)!) ?? copyNode(node, inputs, target)
    node.outputs.forEach((output, i) => {
      if (images[i]) mapping.set(output, images[i]!)
    })
  }
}

/**
 * A new graph with the same inputs and outputs, every live node replaced as `visit` says. Graphs are never changed
 * in place: a pass reads one and writes another, so that any two stages can be compared.
 */
export function rewrite(graph: Graph, visit?: Visit, identity?: (value: Value, target: Graph) => Value): Graph {
  const target = new Graph(graph.name)
  const mapping: Mapping = new Map()
  for (const input of graph.inputs) mapping.set(input, target.input(input.name, input.dtype, input.shape))
  // Output names are promised to the outside: keep them free for the nodes that end up carrying them.
  copyInto(liveNodes(graph), target, mapping, visit)
  for (const output of graph.outputs) {
    let image = mapping.get(output)
    if (!image && output.constant) image = target.initializer(output.name, output.constant)
    if (!image) throw new Error(`output '${output.name}' was lost`)
    declareOutput(target, image, output.name, identity)
  }
  return target
}

function declareOutput(
  target: Graph,
  image: Value,
  name: string,
  identity?: (value: Value, target: Graph) => Value,
): void {
  const reusable = image.producer !== undefined && !target.outputs.includes(image)
  const value = reusable ? image : identity?.(image, target)
  if (!value) throw new Error(`output '${name}' needs an Identity`)
  if (value.name === name) target.output(value)
  else target.output(value, name)
}
