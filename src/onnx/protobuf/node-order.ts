import { FoveaError } from '../../core/errors.js'
import type { NodeProto } from './messages.js'

/**
 * Nodes such that each comes after those it reads: the order of the file, where that is right. A cycle and an input
 * that nothing computes are refused by name. The walk keeps its own stack: a chain of 100,000 nodes is a legal file.
 */
export function inOrder(nodes: readonly NodeProto[], isKnown: (name: string) => boolean): NodeProto[] {
  const producers = new Map<string, NodeProto>()
  for (const node of nodes) for (const name of node.output) if (name) producers.set(name, node)
  const ordered: NodeProto[] = []
  const state = new Map<NodeProto, 'open' | 'done'>()
  for (const first of nodes) {
    const stack: { node: NodeProto; next: number }[] = [{ node: first, next: 0 }]
    while (stack.length) {
      const top = stack.at(-1)!
      if (top.next === 0) {
        if (state.get(top.node) === 'done') {
          stack.pop()
          continue
        }
        state.set(top.node, 'open')
      }
      const name = top.node.input[top.next++]
      if (name === undefined) {
        state.set(top.node, 'done')
        ordered.push(top.node)
        stack.pop()
      } else if (name !== '' && !isKnown(name)) {
        const producer = producers.get(name)
        if (!producer) throw missing(top.node, name)
        const seen = state.get(producer)
        if (seen === 'open')
          throw cycle(stack.map(frame => frame.node).slice(stack.findIndex(f => f.node === producer)))
        if (!seen) stack.push({ node: producer, next: 0 })
      }
    }
  }
  return ordered
}

const labelOf = (node: NodeProto): string => node.name || node.output.find(name => name) || node.op_type || ''

const missing = (node: NodeProto, name: string): FoveaError =>
  new FoveaError({
    where: `ONNX file, node '${labelOf(node)}'`,
    expected: 'inputs that the graph has',
    received: `'${name}', which nothing computes`,
  })

const cycle = (nodes: readonly NodeProto[]): FoveaError =>
  new FoveaError({
    where: 'ONNX file, graph',
    expected: 'nodes that can be put in order',
    received: `a cycle: ${[...nodes, nodes[0]!].map(labelOf).slice(0, 12).join(' -> ')}`,
  })
