import { isFloating } from '../core/dtype.js'
import { FoveaError } from '../core/errors.js'
import type { Graph, Node, Value } from '../onnx/ir.js'
import type { Several } from '../onnx/operator.js'
import { add } from '../ops/add.js'
import { sumTo } from '../ops/kinds/broadcast.js'
import { scalarLike } from '../ops/kinds/scalar-like.js'
import { Recomputation } from './recompute.js'

/**
 * Appends to the graph of `loss` the gradient of a scalar loss with respect to each of `variables`, in their order
 * (reverse mode: one pass from the loss back). A variable that the loss does not depend on is refused: a silent zero
 * would hide a wiring error. `checkpoints` trade time for memory, see `Recomputation`; the numbers stay the same.
 */
export function gradients(
  loss: Value,
  variables: readonly Value[],
  { checkpoints = [] }: { checkpoints?: readonly Value[] } = {},
): Value[] {
  const graph = loss.graph
  if (loss.shape.length !== 0)
    throw new FoveaError({
      where: 'gradients',
      expected: 'a scalar loss',
      received: `shape [${loss.shape.join(', ')}]`,
    })
  const path = nodesBetween(graph, variables, loss)
  const flowing = new Map<Value, Value>([[loss, scalarLike(loss, 1)]])
  const recomputation = checkpoints.length
    ? new Recomputation([...graph.nodes], checkpoints, path.depends, new Set(variables))
    : undefined
  const foundOf = (): Value[] => variables.flatMap(variable => flowing.get(variable) ?? [])
  for (const node of path.nodes.reverse()) {
    const dys = node.outputs.map(output => flowing.get(output))
    if (dys.every(dy => dy === undefined)) continue
    for (const output of node.outputs) flowing.delete(output)
    graph.within('gradient', () => {
      recomputation?.enter(node, foundOf())
      const seen = recomputation ? (value: Value) => recomputation.twin(value) : undefined
      graph.within(node.name, () => spread(node, dys, path.depends, flowing, seen))
    })
  }
  return variables.map(variable => {
    const gradient = flowing.get(variable)
    if (gradient) return gradient
    throw new FoveaError({
      where: `gradient of '${variable.name}'`,
      expected: 'a variable that the loss depends on',
      received: 'no path from it to the loss',
      fix: 'take it out of the trainable parameters, or use it in the network',
    })
  })
}

/** Nodes on a way from a variable to the loss, and every value that depends on a variable. */
function nodesBetween(graph: Graph, variables: readonly Value[], loss: Value) {
  const depends = new Set<Value>(variables)
  const forward: Node[] = []
  for (const node of graph.nodes) {
    if (!node.inputs.some(input => input && depends.has(input))) continue
    for (const output of node.outputs) depends.add(output)
    forward.push(node)
  }
  const reaches = new Set<Value>([loss])
  const nodes = forward.reverse().filter(node => {
    if (!node.outputs.some(output => reaches.has(output))) return false
    for (const input of node.inputs) if (input) reaches.add(input)
    return true
  })
  return { nodes: nodes.reverse(), depends }
}

/**
 * Asks one node for its inputs' gradients and adds them to what already flows there. `seen`: what the rule is shown for
 * a forward value.
 */
function spread(
  node: Node,
  dys: (Value | undefined)[],
  depends: Set<Value>,
  flowing: Map<Value, Value>,
  seen: (value: Value) => Value = value => value,
): void {
  const { vjp } = node.op
  if (vjp === 'zero') return
  if (typeof vjp !== 'function')
    throw new FoveaError({
      where: node.name,
      expected: `a gradient of ${node.op.name}`,
      received: 'an operator without one',
      fix: vjp.unsupported,
    })
  const needs = (i: number): boolean => {
    const input = node.inputs[i]
    return input !== undefined && depends.has(input) && isFloating(input.dtype)
  }
  const results = vjp({
    node,
    inputs: node.inputs.map(input => input && seen(input)) as unknown as Several<Value>,
    outputs: node.outputs.map(seen) as unknown as Several<Value>,
    attributes: node.attributes,
    gradients: dys as [Value, ...(Value | undefined)[]],
    needs,
  })
  node.inputs.forEach((input, i) => {
    const contribution = results[i]
    if (!input || !contribution || !needs(i)) return
    const gradient = sumTo(contribution, input.shape)
    const known = flowing.get(input)
    flowing.set(input, known ? add(known, gradient) : gradient)
  })
}
