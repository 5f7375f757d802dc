import { FoveaError } from '../../core/errors.js'
import type { Tensor } from '../../core/tensor.js'
import { Graph, type Node, type Value } from '../../onnx/ir.js'
import type { Attributes, OpDefinition } from '../../onnx/operator.js'
import { permuted } from './constants.js'
import { inOrder, natural, type Placed } from './placed.js'

/** The channels-last graph under construction, and where each value of the original is in it. */
export class Target {
  readonly graph: Graph
  private readonly placed = new Map<Value, Placed>()
  private readonly ordered = new Map<Value, Map<string, Value>>()
  private readonly readers = new Map<Value, Node[]>()

  constructor(
    readonly source: Graph,
    nodes: readonly Node[],
  ) {
    this.graph = new Graph(source.name)
    for (const node of nodes)
      for (const input of node.inputs) if (input) this.readers.set(input, [...(this.readers.get(input) ?? []), node])
  }

  place(source: Value, placed: Placed): void {
    this.placed.set(source, placed)
  }

  /** Where a value is; a constant is put there as it is. */
  at(source: Value): Placed {
    const known = this.placed.get(source)
    if (known) return known
    const held = source.constant
    if (!held) throw new Error(`'${source.name}' is not in the channels-last graph yet`)
    const placed = { value: this.hold(held, source.name), order: natural(held.shape.length) }
    this.placed.set(source, placed)
    return placed
  }

  /** The value with its axes in an order: constants are written so, others transposed once. */
  in(source: Value, order: readonly number[]): Value {
    const cache = this.ordered.get(source) ?? new Map<string, Value>()
    this.ordered.set(source, cache)
    const known = cache.get(order.join())
    if (known) return known
    const held = source.constant
    const value = held ? this.hold(permuted(held, order), source.name) : inOrder(this.at(source), source.shape, order)
    cache.set(order.join(), value)
    return value
  }

  hold(held: Tensor, name: string): Value {
    return this.graph.initializer(name, held)
  }

  readersOf(value: Value): readonly Node[] {
    return this.readers.get(value) ?? []
  }

  /** Adds a node under the original's path. */
  add(node: Node, op: OpDefinition, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value {
    return this.graph.add(op, inputs, attributes, { name: node.name })
  }
}

/** How one ONNX operator is said with the channels in the last axis: where each of its outputs is. */
export type Rule = (node: Node, target: Target) => readonly Placed[]

/** An operator, or a form of it, that the channels-last formats lack. */
export const inexpressible = (node: Node, expected: string, received: string): FoveaError =>
  new FoveaError({
    where: node.name,
    expected,
    received,
    fix: 'export to ONNX, or train a model without it',
  })

/** A constant that the rule needs to know. */
export function known(node: Node, i: number, what: string): Tensor {
  const held = node.inputs[i]?.constant
  if (held) return held
  throw inexpressible(node, `${what} as a constant`, 'a computed value')
}
