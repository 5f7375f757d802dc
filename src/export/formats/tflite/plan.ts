import type { Graph, Node, Value } from '../../../onnx/ir.js'
import { liveNodes } from '../../../onnx/rewrite.js'
import { CLIPS, clipBounds, isRootOfReciprocal, type Lowered, lowered } from './lowerings.js'
import { ACTIVATIONS, type BuiltinName } from './schema.js'

/** A node, or a node and the activation after it, as one builtin operator. */
export interface PlannedOperator {
  node: Node
  lowered: Lowered
  /** What it writes: the outputs of the activation, where one is fused. */
  outputs: readonly Value[]
  /** Number of the fused activation. */
  activation: number | undefined
  grouped: boolean
}

/** Operators that clamp their output themselves. */
const FUSING: ReadonlySet<BuiltinName> = new Set([
  'ADD',
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'DIV',
  'FULLY_CONNECTED',
  'MUL',
  'SUB',
])

/** Who reads each value; an output of the graph has a reader too many to be fused away. */
export function readersOf(graph: Graph): ReadonlyMap<Value, readonly Node[]> {
  const readers = new Map<Value, Node[]>()
  for (const node of liveNodes(graph))
    for (const input of new Set(node.inputs)) if (input) readers.set(input, [...(readers.get(input) ?? []), node])
  return readers
}

function activationOf(node: Node | undefined): keyof typeof ACTIVATIONS | undefined {
  if (node?.op.name === 'Relu') return 'RELU'
  return node?.op.name === 'Clip' ? CLIPS[clipBounds(node)] : undefined
}

/**
 * The operators of the file in order. All of them are known before the first byte is written.
 * @throws FoveaError naming the layer of an operator that TFLite has no form for
 */
export function planOperators(graph: Graph): PlannedOperator[] {
  const readers = readersOf(graph)
  const fused = new Set<Node>()
  const planned: PlannedOperator[] = []
  const onlyReader = (value: Value): Node | undefined => {
    const list = readers.get(value) ?? []
    return list.length === 1 && !graph.outputs.includes(value) ? list[0] : undefined
  }
  for (const node of liveNodes(graph)) {
    if (fused.has(node)) continue
    const [output] = node.outputs as [Value]
    if (node.op.name === 'Sqrt' && !graph.outputs.includes(output) && readers.get(output)!.every(isRootOfReciprocal))
      continue
    const form = lowered(node)
    const next = FUSING.has(form.builtin) ? onlyReader(output) : undefined
    const activation = activationOf(next)
    if (next && activation) fused.add(next)
    planned.push({
      node,
      lowered: form,
      outputs: next && activation ? next.outputs : node.outputs,
      activation: activation && ACTIVATIONS[activation],
      grouped: form.builtin === 'CONV_2D' && node.attributes.group !== 1,
    })
  }
  return planned
}
