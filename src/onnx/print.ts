import { formatShape } from '../core/shape.js'
import { type Tensor, toNumbers } from '../core/tensor.js'
import type { Graph, Node, Value } from './ir.js'
import type { AttributeValue } from './operator.js'

/** Longest constant that is shown in full. */
const SHOWN = 8

/**
 * A graph as text for people and for golden tests: one line per input, initializer, node and output, in order, with
 * types; the same graph gives the same text.
 */
export function printGraph(graph: Graph): string {
  const lines = [`graph ${graph.name}`]
  for (const input of graph.inputs) lines.push(`  input  ${typed(input)}`)
  for (const [value, held] of graph.initializers) lines.push(`  weight ${typed(value)}${content(held)}`)
  for (const node of graph.nodes) lines.push(`  ${nodeLine(node)}`)
  for (const output of graph.outputs) lines.push(`  output ${typed(output)}`)
  return `${lines.join('\n')}\n`
}

/** The operators in order, with the domain where it is not the standard's: what a lowering test compares. */
export const opList = (graph: Graph): string[] => graph.nodes.map(qualifiedName)

/** How often each operator occurs, by name. */
export function opCounts(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of opList(graph).sort()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const qualifiedName = ({ op }: Node): string => (op.domain ? `${op.domain}.${op.name}` : op.name)

const typed = ({ name, dtype, shape }: Value): string => `${name}: ${dtype}${formatShape(shape)}`

function nodeLine(node: Node): string {
  const outputs = node.outputs.map(typed).join(', ')
  const inputs = node.inputs.map(input => input?.name ?? '-').join(', ')
  const attributes = Object.keys(node.op.attributes)
    .filter(name => node.attributes[name] !== undefined)
    .map(name => `${name}=${attribute(node.attributes[name]!)}`)
  const label = node.outputs[0]?.name === node.name ? '' : `  # ${node.name}`
  return `${outputs} = ${qualifiedName(node)}(${[inputs, ...attributes].filter(part => part).join(', ')})${label}`
}

function attribute(value: AttributeValue): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return `[${value.join(', ')}]`
  const held = value as Tensor
  return `${held.dtype}${formatShape(held.shape)}${content(held)}`
}

const content = (held: Tensor): string => (held.data.length <= SHOWN ? ` = {${toNumbers(held).join(', ')}}` : '')
