import type { Graph, Node, Value } from '../onnx/ir.js'
import type { OpDefinition } from '../onnx/operator.js'
import type { Layouts } from './layouts.js'

/** What a rule sees while a graph is being built anew, node by node. */
export interface LoweringContext {
  source: Graph
  target: Graph
  layouts: Layouts
  /** Nodes of the source that read a value, and whether it is an output of the graph. */
  uses(value: Value): readonly Node[]
  isOutput(value: Value): boolean
  /** Intermediate results that several rules use, by a name that says what and of which value. */
  shared: Map<string, Value>
  /** Marks a later node as done by this rule (fusion); its outputs must have been set. */
  consume(node: Node): void
}

/** Why a rule leaves a node alone; tests and `--explain` show it. */
export type Refusal = string

/**
 * One fast form of one operator: the same numbers in less time. `apply` sets the forms of the node's outputs and
 * returns nothing, or returns why it does not apply, before adding anything.
 */
export interface LayoutRule {
  name: string
  ops: readonly OpDefinition[]
  apply(node: Node, context: LoweringContext): Refusal | undefined
}
