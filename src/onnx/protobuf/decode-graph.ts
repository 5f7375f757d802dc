import { FoveaError, messageOf } from '../../core/errors.js'
import { type Dim, formatShape } from '../../core/shape.js'
import { float32, int64, scalar, type Tensor } from '../../core/tensor.js'
import { Graph, type Value, type ValueType } from '../ir.js'
import type { OpDefinition } from '../operator.js'
import { operatorKey } from '../opset.js'
import { attributeValue, decodeAttributes, refuseSubgraphs } from './decode-attributes.js'
import type { ReadLimits } from './limits.js'
import type { GraphProto, NodeProto, ValueInfoProto } from './messages.js'
import { inOrder } from './node-order.js'
import { tensorOf } from './tensor-proto.js'
import { agree, describeType, typeOf } from './value-type.js'

/** Builds the graph through the same door as everything else: every node's types are inferred when it is added. */
export function buildGraph(proto: GraphProto, operators: Operators, limits: ReadLimits): Graph {
  const graph = new Graph(proto.name || 'graph')
  const constants = constantsOf(proto)
  const nodes = proto.node.filter(node => !isConstant(node))
  const names = new Names(claimNames(proto, constants, nodes))
  const values = new Map<string, Value>()
  for (const info of proto.input) {
    const held = constants.get(info.name!)
    if (held) checkDeclared(info, held)
    // Before IR version 4 every initializer was listed among the inputs as well.
    else {
      const { dtype, shape } = typeOf(info)!
      values.set(info.name!, checkShape(graph.input(info.name!, dtype, shape), 'graph', limits))
    }
  }
  for (const [name, held] of constants) values.set(name, graph.initializer(name, held))
  const adding = { graph, operators, limits, names, values, shapeNumbers: 0 }
  for (const node of inOrder(nodes, name => values.has(name))) addNode(adding, node)
  for (const info of proto.value_info) checkDeclared(info, values.get(info.name ?? '')?.type)
  const declared = new Set<Value>()
  for (const info of proto.output) {
    const value = values.get(info.name ?? '')
    if (!value || declared.has(value))
      throw refusal('graph', 'outputs that something computes, each once', `'${info.name ?? ''}'`)
    checkDeclared(info, value.type)
    declared.add(graph.output(value))
  }
  return graph
}

type Operators = ReadonlyMap<string, OpDefinition>

interface Adding {
  graph: Graph
  operators: Operators
  limits: ReadLimits
  names: Names
  values: Map<string, Value>
  /** Numbers of constants that shape rules have been shown so far. */
  shapeNumbers: number
}

/** Value names of the file, and names made beside them; numbered so that many equal names stay cheap. */
class Names {
  private readonly counters = new Map<string, number>()
  constructor(private readonly taken: Set<string>) {}
  fresh(base: string): string {
    let name = base
    let count = this.counters.get(base) ?? 1
    while (this.taken.has(name)) name = `${base}_${count++}`
    this.counters.set(base, count)
    this.taken.add(name)
    return name
  }
}

const refusal = (where: string, expected: string, received: string, fix?: string): FoveaError =>
  new FoveaError({ where: `ONNX file, ${where}`, expected, received, ...(fix ? { fix } : {}) })

const labelOf = (node: NodeProto): string => `node '${node.name || node.output.find(name => name) || ''}'`

/** `Constant` is how the format writes an initializer among the nodes. */
const isConstant = (node: NodeProto): boolean => operatorKey(node.domain, node.op_type ?? '') === ':Constant'

/** Weights and constants by name, in the order of the file. */
function constantsOf(proto: GraphProto): Map<string, Tensor> {
  const constants = new Map<string, Tensor>()
  const claim = (name: string | undefined, held: Tensor): void => {
    if (name && constants.has(name)) throw refusal('graph', 'names that are used once', `'${name}' twice`)
    constants.set(checkName(name, 'an initializer'), held)
  }
  for (const tensor of proto.initializer) claim(tensor.name, tensorOf(tensor, 'ONNX file, initializer'))
  for (const node of proto.node) if (isConstant(node)) claim(node.output[0], constantOf(node))
  return constants
}

function constantOf(node: NodeProto): Tensor {
  const where = `ONNX file, ${labelOf(node)}`
  const [attribute, ...others] = node.attribute
  if (!attribute || others.length || node.output.length !== 1 || node.input.length)
    throw new FoveaError({ where, expected: 'one attribute and one output of Constant', received: 'another form' })
  const read = (type: 'int' | 'ints' | 'float' | 'floats' | 'tensor') => attributeValue(attribute, { type }, where)
  switch (attribute.name) {
    case 'value':
      return read('tensor') as Tensor
    case 'value_int':
      return int64([read('int') as number], [])
    case 'value_ints':
      return int64(read('ints') as number[])
    case 'value_float':
      return scalar(read('float') as number)
    case 'value_floats':
      return float32(read('floats') as number[])
    default:
      throw new FoveaError({ where, expected: 'a constant of numbers', received: `'${attribute.name ?? ''}'` })
  }
}

function checkName(name: string | undefined, what: string): string {
  if (name && name !== '__proto__') return name
  throw refusal('graph', `a name for ${what}`, `'${name ?? ''}'`)
}

/** Every value name of the file; each has one origin. */
function claimNames(
  proto: GraphProto,
  constants: ReadonlyMap<string, Tensor>,
  nodes: readonly NodeProto[],
): Set<string> {
  const names = new Set<string>(constants.keys())
  const claim = (name: string): void => {
    if (names.has(name)) throw refusal('graph', 'names that are used once', `'${name}' twice`)
    names.add(name)
  }
  const inputs = new Set<string>()
  for (const { name } of proto.input) {
    if (inputs.has(checkName(name, 'an input'))) throw refusal('graph', 'names that are used once', `'${name}' twice`)
    inputs.add(name!)
    if (!constants.has(name!)) claim(name!)
  }
  for (const node of nodes) for (const name of node.output) if (name) claim(checkName(name, 'an output'))
  return names
}

function checkDeclared(info: ValueInfoProto, actual: ValueType | undefined): void {
  const declared = typeOf(info, true)
  if (!declared || !actual || agree(declared, actual)) return
  throw refusal(`value '${info.name ?? ''}'`, `the declared type ${describeType(declared)}`, describeType(actual))
}

function addNode(adding: Adding, node: NodeProto): void {
  const { graph, limits, values, names } = adding
  const where = labelOf(node)
  const op = findOperator(node, adding.operators, where)
  refuseSubgraphs(node, `ONNX file, ${where}`)
  const inputs = node.input.map(name => (name === '' ? undefined : values.get(name)!))
  while (inputs.length && inputs.at(-1) === undefined) inputs.pop()
  for (let i = 0; i < op.arity[0]; i++) if (!inputs[i]) throw refusal(where, `input ${i} of ${op.name}`, 'none')
  // Shape rules read integer constants whole: a file must not make thousands of nodes read a huge one.
  for (const input of inputs) if (input?.dtype === 'int64') adding.shapeNumbers += input.constant?.data.length ?? 0
  if (adding.shapeNumbers > limits.numbers) throw refusal(where, 'shapes and indices of sensible size', 'too many')
  const attributes = decodeAttributes(node, op, `ONNX file, ${where}`)
  const outputNames = outputNamesOf(node, names, where)
  const name = !node.name || node.name === outputNames[0] ? outputNames[0]! : names.fresh(node.name)
  let outputs: Value[]
  try {
    outputs = graph.addMany(op, inputs, attributes, { outputs: outputNames.length, name, outputNames })
  } catch (cause) {
    if (cause instanceof FoveaError) throw cause
    throw refusal(where, `inputs and attributes that ${op.name} can have`, messageOf(cause))
  }
  for (const output of outputs) values.set(output.name, checkShape(output, where, limits))
}

function findOperator(node: NodeProto, operators: Operators, where: string): OpDefinition {
  const { op_type = '', domain = '', overload } = node
  const op = operators.get(operatorKey(domain, op_type))
  if (op && op.domain !== 'fovea' && !overload) return op
  throw refusal(
    where,
    'an operator that Fovea knows',
    `${op_type || 'no operator'} of domain '${domain}'${overload ? `, overload '${overload}'` : ''}`,
    'run the file as it is, or rewrite it with operators of the table in src/ops',
  )
}

/** Names of the outputs; one that the file leaves out in the middle gets a name of its own. */
function outputNamesOf(node: NodeProto, names: Names, where: string): string[] {
  const given = [...node.output]
  while (given.length && given.at(-1) === '') given.pop()
  if (given.length === 0) throw refusal(where, 'an output', 'none')
  return given.map((name, i) => name || names.fresh(`${given.find(known => known)}:${i}`))
}

/** A hostile attribute can make a shape rule say anything. */
function checkShape(value: Value, where: string, limits: ReadLimits): Value {
  const { shape } = value
  const sound = (dim: Dim): boolean => typeof dim === 'string' || (Number.isSafeInteger(dim) && dim >= 0)
  if (shape.length <= limits.rank && shape.every(sound)) return value
  throw refusal(where, `an output of up to ${limits.rank} dimensions from 0 up`, formatShape(shape.slice(0, 40)))
}
