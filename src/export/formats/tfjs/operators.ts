import { toNumbers } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import { inexpressible } from '../../channels-last/target.js'
import { type GraphBuilder, typeOf } from './builder.js'
import { flag, integer, number } from './graph-def.js'
import { pads, slices, splits } from './pieces.js'
import { averagePools, convolutions, maxPools, transposedConvolutions } from './windows.js'

/** Names of the nodes that stand for a node's outputs. */
export type Emit = (node: Node, graph: GraphBuilder) => readonly string[]

/** TensorFlow's operator of the same meaning, element by element or over broadcast operands. */
const same =
  (op: string): Emit =>
  (node, graph) => [graph.add(node.name, op, inputsOf(node, graph), { T: { type: typeOf(dtypeOf(node), node.name) } })]

const dtypeOf = (node: Node) => (node.inputs[0] as Value).dtype
const inputsOf = (node: Node, graph: GraphBuilder): string[] => node.inputs.map(input => graph.of(input!))

/** Operators of any number of operands, two at a time. */
const folded =
  (op: string): Emit =>
  (node, graph) => {
    const [first, ...rest] = inputsOf(node, graph)
    return [rest.reduce((sum, next) => graph.add(node.name, op, [sum, next], floatType), first!)]
  }

const floatType = { T: { type: 'DT_FLOAT' } } as const

/** Small graphs of float operators, written as functions of names. */
const form =
  (build: (x: string, calc: Calculator, node: Node) => string): Emit =>
  (node, graph) => [build(graph.of(node.inputs[0]!), calculator(node, graph), node)]

type Calculator = (op: string, ...operands: (string | number)[]) => string

const calculator =
  (node: Node, graph: GraphBuilder): Calculator =>
  (op, ...operands) =>
    graph.add(
      `${node.name}/${op}`,
      op,
      operands.map(operand => (typeof operand === 'number' ? graph.float(operand) : operand)),
      floatType,
    )

const clips = form((x, calc, node) => {
  const [low, high] = [1, 2].map((i, at) => {
    const bound = node.inputs[i]
    if (!bound) return at === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    if (!bound.constant) throw inexpressible(node, 'bounds that are constants', 'computed ones')
    return toNumbers(bound.constant)[0]!
  }) as [number, number]
  if (low === 0 && high === 6) return calc('Relu6', x)
  const raised = low === Number.NEGATIVE_INFINITY ? x : calc('Maximum', x, low)
  return high === Number.POSITIVE_INFINITY ? raised : calc('Minimum', raised, high)
})

/** α (eˣ - 1) below 0; TensorFlow's Elu has α = 1. */
const elus = form((x, calc, node) => {
  const alpha = node.attributes.alpha as number
  if (alpha === 1) return calc('Elu', x)
  return calc('AddV2', calc('Relu', x), calc('Mul', calc('Elu', calc('Minimum', x, 0)), alpha))
})

const hardSigmoid = (x: string, calc: Calculator, alpha: number, beta: number): string =>
  calc('Minimum', calc('Maximum', calc('AddV2', calc('Mul', x, alpha), beta), 0), 1)

const gelus = form((x, calc, node) => {
  const inner =
    node.attributes.approximate === 'tanh'
      ? calc(
          'Tanh',
          calc(
            'Mul',
            calc('AddV2', x, calc('Mul', calc('Mul', x, calc('Mul', x, x)), 0.044715)),
            Math.sqrt(2 / Math.PI),
          ),
        )
      : calc('Erf', calc('Mul', x, Math.SQRT1_2))
  return calc('Mul', calc('Mul', x, 0.5), calc('AddV2', inner, 1))
})

const leakyRelus: Emit = (node, graph) => [
  graph.add(node.name, 'LeakyRelu', [graph.of(node.inputs[0]!)], {
    ...floatType,
    alpha: number(node.attributes.alpha as number),
  }),
]

const casts: Emit = (node, graph) => {
  const [from, to] = [typeOf(dtypeOf(node), node.name), typeOf(node.outputs[0]!.dtype, node.name)]
  return [graph.add(node.name, 'Cast', [graph.of(node.inputs[0]!)], { SrcT: { type: from }, DstT: { type: to } })]
}

const reductions =
  (op: string): Emit =>
  (node, graph) => {
    const rank = node.inputs[0]!.shape.length
    const axes = node.inputs[1] ? toNumbers(node.inputs[1].constant!) : Array.from({ length: rank }, (_, i) => i)
    return [
      graph.add(node.name, op, [graph.of(node.inputs[0]!), graph.ints(axes)], {
        ...floatType,
        keep_dims: flag(node.attributes.keepdims === 1),
      }),
    ]
  }

const denses: Emit = (node, graph) => {
  const [x, kernel, bias] = node.inputs as [Value, Value, Value?]
  const attributes = { ...floatType, transpose_a: flag(false), transpose_b: flag(false) }
  const product = (rows: string): string => graph.add(node.name, 'MatMul', [rows, graph.of(kernel)], attributes)
  const [inputs, units] = kernel.shape as [number, number]
  if (x.shape.length === 2) return [withBias(node, graph, product(graph.of(x)), bias)]
  // MatMul takes matrices: the leading axes are rows.
  const rows = graph.add(`${node.name}/rows`, 'Reshape', [graph.of(x), graph.ints([-1, inputs])])
  const shape = [...x.shape.slice(0, -1).map(dim => (typeof dim === 'number' ? dim : -1)), units]
  const y = withBias(node, graph, product(rows), bias)
  return [graph.add(`${node.name}/shape`, 'Reshape', [y, graph.ints(shape)])]
}

/** BiasAdd over the last axis, where there is a bias. */
export const withBias = (node: Node, graph: GraphBuilder, y: string, bias: Value | undefined): string =>
  bias ? graph.add(`${node.name}/bias`, 'AddV2', [y, graph.of(bias)], floatType) : y

const products: Emit = (node, graph) => [
  graph.add(node.name, 'BatchMatMulV2', inputsOf(node, graph), {
    ...floatType,
    adj_x: flag(node.attributes.adj_x === 1),
    adj_y: flag(node.attributes.adj_y === 1),
  }),
]

const reshapes: Emit = (node, graph) => {
  const shape = node.outputs[0]!.shape.map(dim => (typeof dim === 'number' ? dim : -1))
  return [graph.add(node.name, 'Reshape', [graph.of(node.inputs[0]!), graph.ints(shape)])]
}

const transposes: Emit = (node, graph) => {
  const x = node.inputs[0]!
  const perm = (node.attributes.perm as number[] | undefined) ?? x.shape.map((_, i) => x.shape.length - 1 - i)
  return [
    graph.add(node.name, 'Transpose', [graph.of(x), graph.ints(perm)], { T: { type: typeOf(x.dtype, node.name) } }),
  ]
}

const concats: Emit = (node, graph) => [
  graph.add(node.name, 'ConcatV2', [...inputsOf(node, graph), graph.ints([node.attributes.axis as number], [])], {
    ...floatType,
    N: integer(node.inputs.length),
  }),
]

const gathers: Emit = (node, graph) => [
  graph.add(node.name, 'GatherV2', [...inputsOf(node, graph), graph.ints([node.attributes.axis as number], [])], {
    batch_dims: integer(0),
  }),
]

const tiles: Emit = (node, graph) => [graph.add(node.name, 'Tile', inputsOf(node, graph))]

/** Every operator of the channels-last graph that TensorFlow.js has, or that it can be said in. */
export const emitters: Readonly<Record<string, Emit>> = {
  Abs: same('Abs'),
  Add: same('AddV2'),
  AveragePool2D: averagePools,
  BatchMatMul: products,
  Cast: casts,
  Ceil: same('Ceil'),
  Clip: clips,
  Concat: concats,
  Conv2D: convolutions,
  Conv2DTranspose: transposedConvolutions,
  Cos: same('Cos'),
  Dense: denses,
  Div: same('RealDiv'),
  Elu: elus,
  Erf: same('Erf'),
  Exp: same('Exp'),
  Floor: same('Floor'),
  Gather: gathers,
  Gelu: gelus,
  HardSigmoid: form((x, calc, { attributes }) =>
    hardSigmoid(x, calc, attributes.alpha as number, attributes.beta as number),
  ),
  HardSwish: form((x, calc) => calc('Mul', x, hardSigmoid(x, calc, 1 / 6, 0.5))),
  Identity: (node, graph) => [graph.of(node.inputs[0]!)],
  LeakyRelu: leakyRelus,
  Log: same('Log'),
  LogSoftmax: same('LogSoftmax'),
  Max: folded('Maximum'),
  MaxPool2D: maxPools,
  Min: folded('Minimum'),
  Mish: form((x, calc) => calc('Mul', x, calc('Tanh', calc('Softplus', x)))),
  Mul: same('Mul'),
  Neg: same('Neg'),
  Pad: pads,
  Pow: same('Pow'),
  PRelu: same('Prelu'),
  Reciprocal: form((x, calc) => calc('RealDiv', 1, x)),
  ReduceMax: reductions('Max'),
  ReduceMean: reductions('Mean'),
  ReduceMin: reductions('Min'),
  ReduceSum: reductions('Sum'),
  Relu: same('Relu'),
  Reshape: reshapes,
  Round: same('Round'),
  Sigmoid: same('Sigmoid'),
  Sign: same('Sign'),
  Sin: same('Sin'),
  Slice: slices,
  Softmax: same('Softmax'),
  Softplus: same('Softplus'),
  Softsign: form((x, calc) => calc('RealDiv', x, calc('AddV2', calc('Abs', x), 1))),
  Split: splits,
  Sqrt: same('Sqrt'),
  Sub: same('Sub'),
  Tanh: same('Tanh'),
  Tile: tiles,
  Transpose: transposes,
}

/** The emitter of a node. @throws FoveaError naming the layer */
export function emitterOf(node: Node): Emit {
  const emit = emitters[node.op.name]
  if (emit) return emit
  throw inexpressible(node, 'an operator that TensorFlow.js has', node.op.name)
}
