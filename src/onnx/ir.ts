import type { DType } from '../core/dtype.js'
import { FoveaError } from '../core/errors.js'
import { type Dim, formatShape } from '../core/shape.js'
import { int64, type Tensor, tensor } from '../core/tensor.js'
import type { Attributes, OpDefinition } from './operator.js'

export interface ValueType {
  dtype: DType
  shape: readonly Dim[]
}

/** A typed edge of a graph; it holds no bytes. */
export class Value {
  constructor(
    readonly graph: Graph,
    readonly type: ValueType,
    public name: string,
    /** The node that computes it; undefined for graph inputs and initializers. */
    readonly producer: Node | undefined,
    readonly outputIndex = 0,
  ) {}
  get shape(): readonly Dim[] {
    return this.type.shape
  }
  get dtype(): DType {
    return this.type.dtype
  }
  /** The bytes, where this value is an initializer. */
  get constant(): Tensor | undefined {
    return this.graph.initializers.get(this)
  }
}

export class Node {
  readonly outputs: Value[] = []
  constructor(
    readonly op: OpDefinition,
    readonly inputs: readonly (Value | undefined)[],
    readonly attributes: Attributes,
    /** Path of the layer that made it, e.g. `conv2d_1/Conv`; errors and profiles speak of it. */
    readonly name: string,
  ) {}
}

export interface AddOptions {
  /** Number of outputs (default 1). */
  outputs?: number
  name?: string
  /** Names of the outputs, where a file gives them; default: made from the node's path. */
  outputNames?: readonly string[]
}

/** A model, a loss, a gradient, an optimizer step: all of them are this. Nodes are kept in topological order. */
export class Graph {
  readonly inputs: Value[] = []
  readonly outputs: Value[] = []
  readonly nodes: Node[] = []
  readonly initializers = new Map<Value, Tensor>()
  private readonly taken = new Set<string>()
  /** Next number to try for a name, so that naming stays linear. */
  private readonly counters = new Map<string, number>()
  private readonly smallConstants = new Map<string, Value>()
  private readonly scopes: string[] = []

  constructor(readonly name: string) {}

  /** Names every node made inside `build` with the prefix `scope/`. */
  within<T>(scope: string, build: () => T): T {
    this.scopes.push(scope)
    try {
      return build()
    } finally {
      this.scopes.pop()
    }
  }

  /** Path of the place where nodes are being added, for names and messages. */
  get path(): string {
    return this.scopes.join('/')
  }

  uniqueName(base: string): string {
    let name = base
    if (this.taken.has(name)) {
      let count = this.counters.get(base) ?? 1
      while (this.taken.has((name = `${base}_${count}`))) count++
      this.counters.set(base, count + 1)
    }
    this.taken.add(name)
    return name
  }

  input(name: string, dtype: DType, shape: readonly Dim[]): Value {
    const value = new Value(this, { dtype, shape }, this.claim(name), undefined)
    this.inputs.push(value)
    return value
  }

  /** A named initializer (a weight). */
  initializer(name: string, held: Tensor): Value {
    const value = new Value(this, { dtype: held.dtype, shape: held.shape }, this.uniqueName(name), undefined)
    this.initializers.set(value, held)
    return value
  }

  /** An unnamed constant; equal small ones are shared. */
  constant(held: Tensor): Value {
    if (held.data.length > 64) return this.initializer('constant', held)
    const key = `${held.dtype}${formatShape(held.shape)}${Array.from(held.data as ArrayLike<number>, keyOfNumber)}`
    const known = this.smallConstants.get(key)
    if (known) return known
    const value = this.initializer('constant', held)
    this.smallConstants.set(key, value)
    return value
  }

  float(value: number, shape: readonly number[] = []): Value {
    return this.constant(tensor('float32', shape, Float32Array.of(value)))
  }

  ints(values: readonly number[]): Value {
    return this.constant(int64(values))
  }

  /** Adds a node and gives its first output; its type is inferred, or refused, here. */
  add(
    op: OpDefinition,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    options: AddOptions = {},
  ): Value {
    return this.addMany(op, inputs, attributes, options)[0]!
  }

  addMany(
    op: OpDefinition,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    { outputs = 1, name, outputNames }: AddOptions = {},
  ): Value[] {
    const wanted = this.scopes.length ? `${this.path}/${name ?? op.name}` : (name ?? op.name)
    const path = wanted === outputNames?.[0] ? wanted : this.uniqueName(wanted)
    this.checkInputs(op, inputs, path)
    const complete = completeAttributes(op, attributes, path)
    const types = op.infer({
      types: inputs.map(value => value?.type),
      attributes: complete,
      constant: i => inputs[i]?.constant,
      where: path,
      outputCount: outputs,
    })
    if (types.length < outputs)
      throw new FoveaError({
        where: path,
        expected: `at most ${types.length} outputs of ${op.name}`,
        received: `${outputs}`,
      })
    const node = new Node(op, inputs, complete, path)
    for (let i = 0; i < outputs; i++) {
      const given = outputNames?.[i]
      const label = given !== undefined ? this.claim(given) : i === 0 ? path : this.uniqueName(`${path}:${i}`)
      node.outputs.push(new Value(this, types[i]!, label, node, i))
    }
    this.nodes.push(node)
    return node.outputs
  }

  /** Declares an output. With `name`, the file calls it so. */
  output(value: Value, name?: string): Value {
    if (name !== undefined && value.name !== name) {
      const plain = value.producer !== undefined && !this.outputs.includes(value)
      if (!plain)
        throw new FoveaError({
          where: `graph ${this.name}`,
          expected: 'an output that a node computes and that is declared once',
          received: `'${value.name}' declared as '${name}'`,
          fix: 'pass it through Identity',
        })
      value.name = this.claim(name)
    }
    this.outputs.push(value)
    return value
  }

  private claim(name: string): string {
    if (this.taken.has(name))
      throw new FoveaError({
        where: `graph ${this.name}`,
        expected: 'names that are used once',
        received: `'${name}' twice`,
      })
    this.taken.add(name)
    return name
  }

  private checkInputs(op: OpDefinition, inputs: readonly (Value | undefined)[], path: string): void {
    const [min, max] = op.arity
    if (inputs.length < min || inputs.length > max)
      throw new FoveaError({
        where: path,
        expected: `${min} to ${max} inputs of ${op.name}`,
        received: String(inputs.length),
      })
    for (const value of inputs)
      if (value && value.graph !== this)
        throw new FoveaError({
          where: path,
          expected: `values of graph '${this.name}'`,
          received: `'${value.name}' of '${value.graph.name}'`,
        })
  }
}

const keyOfNumber = (x: number | bigint): string => (Object.is(x, -0) ? '-0' : String(x))

function completeAttributes(op: OpDefinition, given: Attributes, path: string): Attributes {
  const complete: Record<string, Attributes[string]> = {}
  for (const [name, spec] of Object.entries(op.attributes)) {
    const value = given[name] ?? spec.default
    if (value === undefined && !spec.optional)
      throw new FoveaError({ where: path, expected: `attribute '${name}' of ${op.name}`, received: 'none' })
    if (value !== undefined) complete[name] = value
  }
  for (const name of Object.keys(given))
    if (!(name in op.attributes))
      throw new FoveaError({
        where: path,
        expected: `attributes of ${op.name} (${Object.keys(op.attributes).join(', ')})`,
        received: `'${name}'`,
      })
  return complete
}
