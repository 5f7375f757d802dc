import { FoveaError } from '../../../core/errors.js'
import { concrete, normalizeAxis } from '../../../core/shape.js'
import { type Tensor, toNumbers } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import type { Attributes } from '../../../onnx/operator.js'
import { reshaped } from '../../channels-last/constants.js'
import { type Padding, permuted } from '../../channels-last/index.js'
import type { OptionValues } from './model.js'
import { type BuiltinName, PADDING, TENSOR_TYPES } from './schema.js'

/** What an operator reads: a value, a kernel with the axis of its output channels, a bias, or integers. */
export type Operand =
  | { kind: 'value'; value: Value }
  | { kind: 'kernel'; held: Tensor; axis: number | undefined; name: string }
  | { kind: 'bias'; held: Tensor; name: string }
  | { kind: 'ints'; values: readonly number[]; shape?: readonly number[] }

/** One node as a builtin operator. */
export interface Lowered {
  builtin: BuiltinName
  operands: readonly Operand[]
  options?: OptionValues
}

export const value = (held: Value): Operand => ({ kind: 'value', value: held })
const ints = (values: readonly number[], shape?: readonly number[]): Operand => ({
  kind: 'ints',
  values,
  ...(shape ? { shape } : {}),
})

type Lowering = (node: Node) => Lowered

const refuse = (node: Node, expected: string, received: string): FoveaError =>
  new FoveaError({ where: node.name, expected: `${expected} (TFLite)`, received, fix: 'export to ONNX instead' })

/** Sizes with -1 for the one that is not known. */
export const sizesOf = (shape: readonly (number | string)[]): number[] =>
  shape.map(dim => (typeof dim === 'number' ? dim : -1))

const windowOptions = ({ strides, padding }: Attributes): OptionValues => {
  const [stride_h, stride_w] = strides as readonly [number, number]
  return { padding: PADDING[padding as Padding], stride_w, stride_h }
}

const biasOf = (node: Node, channels: number): Operand => ({
  kind: 'bias',
  held: node.inputs[2]?.constant ?? { dtype: 'float32', shape: [channels], data: new Float32Array(channels) },
  name: node.inputs[2]?.name ?? `${node.name}/bias`,
})

const convolution: Lowering = node => {
  const { attributes } = node
  const [x, filter] = node.inputs as [Value, Value]
  const [kh, kw, , K] = filter.shape as [number, number, number, number]
  const [dilation_h, dilation_w] = attributes.dilations as readonly [number, number]
  const options = { ...windowOptions(attributes), dilation_w, dilation_h }
  const channels = x.shape[3] as number
  const depthwise = attributes.group === channels && channels > 1
  const kernel = depthwise
    ? { held: reshaped(filter.constant!, [1, kh, kw, K]), axis: 3 }
    : { held: permuted(filter.constant!, [3, 0, 1, 2]), axis: 0 }
  return {
    builtin: depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
    operands: [value(x), { kind: 'kernel', ...kernel, name: filter.name }, biasOf(node, K)],
    options: depthwise ? { ...options, depth_multiplier: K / channels } : options,
  }
}

/** Kernels of dense layers have one scale, as TFLite's quantization specification says. */
const denseLayer: Lowering = node => {
  const [x, kernel] = node.inputs as [Value, Value]
  const held = permuted(kernel.constant!, [1, 0])
  return {
    builtin: 'FULLY_CONNECTED',
    operands: [
      value(x),
      { kind: 'kernel', held, axis: undefined, name: kernel.name },
      biasOf(node, kernel.shape[1] as number),
    ],
    options: { keep_num_dims: x.shape.length > 2 },
  }
}

const transposedConvolution: Lowering = node => {
  const [x, filter] = node.inputs as [Value, Value]
  const held = permuted(filter.constant!, [2, 0, 1, 3])
  return {
    builtin: 'TRANSPOSE_CONV',
    operands: [
      ints(concrete(node.outputs[0]!.shape, node.name)),
      { kind: 'kernel', held, axis: 0, name: filter.name },
      value(x),
    ],
    options: windowOptions(node.attributes),
  }
}

const pooling =
  (builtin: 'MAX_POOL_2D' | 'AVERAGE_POOL_2D'): Lowering =>
  ({ inputs, attributes }) => {
    const [filter_height, filter_width] = attributes.kernel_shape as readonly [number, number]
    return {
      builtin,
      operands: [value(inputs[0]!)],
      options: { ...windowOptions(attributes), filter_width, filter_height },
    }
  }

const unary =
  (builtin: BuiltinName, options?: (attributes: Attributes) => OptionValues): Lowering =>
  ({ inputs, attributes }) => ({
    builtin,
    operands: [value(inputs[0]!)],
    ...(options ? { options: options(attributes) } : {}),
  })

const binary =
  (builtin: BuiltinName): Lowering =>
  node => {
    if (node.inputs.length !== 2) throw refuse(node, `${node.op.name} of two operands`, `${node.inputs.length}`)
    return { builtin, operands: node.inputs.map(input => value(input!)) }
  }

const reduction =
  (builtin: BuiltinName): Lowering =>
  ({ inputs, attributes }) => ({
    builtin,
    operands: [value(inputs[0]!), ints(toNumbers(inputs[1]!.constant!))],
    options: { keep_dims: attributes.keepdims === 1 },
  })

/** The bounds of a Clip as one of TFLite's activations; others were made of Max and Min before. */
export function clipBounds({ inputs }: Node): string {
  const bound = (i: number, none: string): string => {
    const held = inputs[i]?.constant
    return held ? String(toNumbers(held)[0]) : none
  }
  return `${bound(1, '-inf')} ${bound(2, 'inf')}`
}
export const CLIPS: Readonly<Record<string, 'RELU' | 'RELU6' | 'RELU_N1_TO_1'>> = {
  '0 inf': 'RELU',
  '0 6': 'RELU6',
  '-1 1': 'RELU_N1_TO_1',
}

const shapeOperand = (shape: readonly (number | string)[]): Operand => ints(sizesOf(shape))

/** Begin, end and stride of every axis; an axis that is not cut is taken whole whatever its size. */
const stridedSlice: Lowering = node => {
  const [x] = node.inputs as [Value]
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map(i => toNumbers(node.inputs[i]!.constant!)) as [
    number[],
    number[],
    number[],
    number[],
  ]
  const rank = x.shape.length
  const [begin, end, stride] = [new Array(rank).fill(0), new Array(rank).fill(0), new Array(rank).fill(1)]
  let [begin_mask, end_mask] = [0, 0]
  const whole = new Set(Array.from({ length: rank }, (_, axis) => axis))
  axes.forEach((given, i) => {
    const axis = normalizeAxis(given, rank, node.name)
    const dim = x.shape[axis]!
    if (typeof dim === 'string') return
    whole.delete(axis)
    const step = steps[i]!
    const position = (p: number): number => (p < 0 ? p + dim : p)
    const limit = (p: number, low: number, high: number): number => Math.min(Math.max(p, low), high)
    begin[axis] = step > 0 ? limit(position(starts[i]!), 0, dim) : limit(position(starts[i]!), 0, dim - 1)
    end[axis] = step > 0 ? limit(position(ends[i]!), 0, dim) : limit(position(ends[i]!), -1, dim - 1)
    stride[axis] = step
    // -1 would mean the last element.
    if (end[axis] < 0) {
      end_mask |= 1 << axis
      end[axis] = 0
    }
  })
  for (const axis of whole) {
    begin_mask |= 1 << axis
    end_mask |= 1 << axis
  }
  return {
    builtin: 'STRIDED_SLICE',
    operands: [value(x), ints(begin), ints(end), ints(stride)],
    options: { begin_mask, end_mask },
  }
}

const padding: Lowering = node => {
  const [x, pads, fill] = node.inputs as [Value, Value, Value?]
  const given = toNumbers(pads.constant!)
  const rank = x.shape.length
  if (given.some(n => n < 0)) throw refuse(node, 'pads >= 0', `[${given.join(', ')}]`)
  const sides = ints(Array.from({ length: rank }, (_, axis) => [given[axis]!, given[rank + axis]!]).flat(), [rank, 2])
  const { mode } = node.attributes
  if (mode === 'reflect') return { builtin: 'MIRROR_PAD', operands: [value(x), sides], options: { mode: 0 } }
  if (mode !== 'constant') throw refuse(node, 'padding with a constant or a reflection', `mode '${mode}'`)
  const zero = !fill?.constant || toNumbers(fill.constant)[0] === 0
  return zero
    ? { builtin: 'PAD', operands: [value(x), sides] }
    : { builtin: 'PADV2', operands: [value(x), sides, value(fill!)] }
}

const typeOf = ({ dtype }: Value, node: Node): number => {
  const name = dtype.toUpperCase()
  if (name in TENSOR_TYPES) return TENSOR_TYPES[name as keyof typeof TENSOR_TYPES]
  throw refuse(node, 'a known element type', dtype)
}

/** 1 / √x is one operator. */
export const isRootOfReciprocal = (node: Node): boolean =>
  node.op.name === 'Reciprocal' && node.inputs[0]!.producer?.op.name === 'Sqrt'

const reciprocal: Lowering = node => {
  const [x] = node.inputs as [Value]
  if (isRootOfReciprocal(node)) return { builtin: 'RSQRT', operands: [value(x.producer!.inputs[0]!)] }
  return { builtin: 'DIV', operands: [value(x.graph.float(1)), value(x)] }
}

const lowerings: Readonly<Record<string, Lowering>> = {
  Abs: unary('ABS'),
  Add: binary('ADD'),
  AveragePool2D: pooling('AVERAGE_POOL_2D'),
  BatchMatMul: node => ({
    builtin: 'BATCH_MATMUL',
    operands: node.inputs.map(input => value(input!)),
    options: { adj_x: node.attributes.adj_x === 1, adj_y: node.attributes.adj_y === 1 },
  }),
  Cast: node => ({
    builtin: 'CAST',
    operands: [value(node.inputs[0]!)],
    options: { in_type: typeOf(node.inputs[0]!, node), out_type: typeOf(node.outputs[0]!, node) },
  }),
  Ceil: unary('CEIL'),
  Clip: node => unary(CLIPS[clipBounds(node)]!)(node),
  Concat: node => ({
    builtin: 'CONCATENATION',
    operands: node.inputs.map(input => value(input!)),
    options: { axis: node.attributes.axis as number },
  }),
  Conv2D: convolution,
  Conv2DTranspose: transposedConvolution,
  Cos: unary('COS'),
  Dense: denseLayer,
  Div: binary('DIV'),
  Elu: unary('ELU'),
  Exp: unary('EXP'),
  Expand: ({ inputs, outputs }) => ({
    builtin: 'BROADCAST_TO',
    operands: [value(inputs[0]!), shapeOperand(outputs[0]!.shape)],
  }),
  Floor: unary('FLOOR'),
  Gather: ({ inputs, attributes }) => ({
    builtin: 'GATHER',
    operands: [value(inputs[0]!), ints(toNumbers(inputs[1]!.constant!), inputs[1]!.constant!.shape)],
    options: { axis: attributes.axis as number },
  }),
  Gelu: unary('GELU', ({ approximate }) => ({ approximate: approximate === 'tanh' })),
  HardSwish: unary('HARD_SWISH'),
  LeakyRelu: unary('LEAKY_RELU', ({ alpha }) => ({ alpha: alpha as number })),
  Log: unary('LOG'),
  LogSoftmax: unary('LOG_SOFTMAX'),
  Max: binary('MAXIMUM'),
  MaxPool2D: pooling('MAX_POOL_2D'),
  Min: binary('MINIMUM'),
  Mul: binary('MUL'),
  Neg: unary('NEG'),
  Pad: padding,
  Pow: binary('POW'),
  PRelu: binary('PRELU'),
  Reciprocal: reciprocal,
  ReduceMax: reduction('REDUCE_MAX'),
  ReduceMean: reduction('MEAN'),
  ReduceMin: reduction('REDUCE_MIN'),
  ReduceSum: reduction('SUM'),
  Relu: unary('RELU'),
  Reshape: ({ inputs, outputs }) => ({
    builtin: 'RESHAPE',
    operands: [value(inputs[0]!), shapeOperand(outputs[0]!.shape)],
    options: { new_shape: sizesOf(outputs[0]!.shape) },
  }),
  Round: unary('ROUND'),
  Sigmoid: unary('LOGISTIC'),
  Sign: unary('SIGN'),
  Sin: unary('SIN'),
  Slice: stridedSlice,
  Softmax: unary('SOFTMAX', () => ({ beta: 1 })),
  Split: ({ inputs, outputs, attributes }) => ({
    builtin: 'SPLIT_V',
    operands: [
      value(inputs[0]!),
      ints(outputs.map(output => output.shape[attributes.axis as number] as number)),
      ints([attributes.axis as number], []),
    ],
    options: { num_splits: outputs.length },
  }),
  Sqrt: unary('SQRT'),
  Sub: binary('SUB'),
  Tanh: unary('TANH'),
  Tile: ({ inputs }) => ({ builtin: 'TILE', operands: [value(inputs[0]!), ints(toNumbers(inputs[1]!.constant!))] }),
  Transpose: ({ inputs, attributes }) => ({
    builtin: 'TRANSPOSE',
    operands: [value(inputs[0]!), ints(attributes.perm as readonly number[])],
  }),
}

/** The node as a builtin operator. @throws FoveaError naming the layer of an operator that TFLite has no form for */
export function lowered(node: Node): Lowered {
  const lowering = lowerings[node.op.name]
  if (lowering) return lowering(node)
  throw refuse(node, 'a builtin operator', node.op.name)
}
