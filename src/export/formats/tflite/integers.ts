import { type Tensor, toNumbers } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import type { Lowered } from './lowerings.js'
import type { TensorQuantization } from './model.js'
import type { BuiltinName } from './schema.js'

/** real = scale · (integer - zeroPoint), the integer in [-128, 127]. */
export interface Affine {
  scale: number
  zeroPoint: number
}

export type Range = readonly [min: number, max: number]

/** Operators whose kernels compute in int8; others are computed in float32 between two conversions. */
export const INTEGER_KERNELS: ReadonlySet<BuiltinName> = new Set([
  'ABS',
  'ADD',
  'AVERAGE_POOL_2D',
  'BATCH_MATMUL',
  'CONCATENATION',
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'ELU',
  'FULLY_CONNECTED',
  'GATHER',
  'GELU',
  'HARD_SWISH',
  'LEAKY_RELU',
  'LOGISTIC',
  'LOG_SOFTMAX',
  'MAXIMUM',
  'MAX_POOL_2D',
  'MEAN',
  'MINIMUM',
  'MIRROR_PAD',
  'MUL',
  'PAD',
  'PADV2',
  'PRELU',
  'REDUCE_MAX',
  'REDUCE_MIN',
  'RELU',
  'RELU6',
  'RESHAPE',
  'RSQRT',
  'SOFTMAX',
  'SPLIT_V',
  'STRIDED_SLICE',
  'SUB',
  'SUM',
  'TANH',
  'TRANSPOSE',
  'TRANSPOSE_CONV',
])

/** Operators that move integers or pick among them: the output has the scale of the first input. */
const SCALE_OF_INPUT: ReadonlySet<BuiltinName> = new Set([
  'AVERAGE_POOL_2D',
  'GATHER',
  'MAX_POOL_2D',
  'MIRROR_PAD',
  'PAD',
  'PADV2',
  'REDUCE_MAX',
  'REDUCE_MIN',
  'RESHAPE',
  'SPLIT_V',
  'STRIDED_SLICE',
  'TRANSPOSE',
])

/** Operators of several inputs that must have the scale of the output. */
export const SCALE_OF_OUTPUT: ReadonlySet<BuiltinName> = new Set(['CONCATENATION', 'MAXIMUM', 'MINIMUM'])

/** Outputs whose scale the specification fixes, as their range is known. */
const FIXED: Partial<Record<BuiltinName, Affine>> = {
  SOFTMAX: { scale: 1 / 256, zeroPoint: -128 },
  LOGISTIC: { scale: 1 / 256, zeroPoint: -128 },
  TANH: { scale: 1 / 128, zeroPoint: 0 },
  LOG_SOFTMAX: { scale: 16 / 256, zeroPoint: 127 },
}

const limit = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high)

/** The scale and zero point that cover a range and 0, so that padding is exact. */
export function affineOf([min, max]: Range): Affine {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)]
  const scale = Math.fround(high > low ? (high - low) / 255 : 1)
  return { scale, zeroPoint: limit(Math.round(-128 - low / scale), -128, 127) }
}

/** Scale and zero point of every activation, by the rules of TFLite's quantization specification. */
export class Scales {
  private readonly known = new Map<Value, Affine>()
  private readonly takesScaleOf = new Map<Value, Value>()

  /** `nodes` in order, each with its builtin and the value that it writes (after a fused activation). */
  constructor(
    nodes: readonly { node: Node; lowered: Lowered; outputs: readonly Value[] }[],
    private readonly ranges: ReadonlyMap<Value, Range>,
    readers: ReadonlyMap<Value, readonly Node[]>,
  ) {
    const producers = new Map(nodes.flatMap(entry => entry.outputs.map(output => [output, entry.lowered.builtin])))
    // From the last to the first, so that joins of joins get one scale. What others read, or what has a scale of its
    // own, is converted instead.
    for (const { lowered, outputs } of [...nodes].reverse())
      if (SCALE_OF_OUTPUT.has(lowered.builtin))
        for (const operand of lowered.operands) {
          if (operand.kind !== 'value' || operand.value.constant) continue
          const producer = producers.get(operand.value)
          const free = producer && !FIXED[producer] && !SCALE_OF_INPUT.has(producer) && INTEGER_KERNELS.has(producer)
          if (free && readers.get(operand.value)!.length === 1) this.takesScaleOf.set(operand.value, outputs[0]!)
        }
    for (const { lowered, outputs } of nodes)
      for (const output of outputs) if (output.dtype === 'float32') this.known.set(output, this.decide(lowered, output))
  }

  /** A value that nodes do not compute: the image. */
  fix(value: Value, affine: Affine): void {
    this.known.set(value, affine)
  }

  of(value: Value): Affine {
    const affine = this.known.get(value)
    if (!affine) throw new Error(`no scale of '${value.name}'`)
    return affine
  }

  private decide({ builtin, operands }: Lowered, output: Value): Affine {
    const fixed = FIXED[builtin]
    if (fixed) return fixed
    const [first] = operands
    if (SCALE_OF_INPUT.has(builtin) && first?.kind === 'value') return this.of(first.value)
    let decider = output
    for (let next = this.takesScaleOf.get(decider); next; next = this.takesScaleOf.get(decider)) decider = next
    const range = this.ranges.get(decider)
    if (!range) throw new Error(`no range of '${decider.name}'`)
    return affineOf(range)
  }
}

export interface Integers {
  data: Int8Array | Int32Array
  quantization: TensorQuantization
}

/** A constant operand in int8, with a scale of its own or a given one. */
export function quantizeConstant(held: Tensor, given?: Affine): Integers {
  const numbers = toNumbers(held)
  const { scale, zeroPoint } = given ?? affineOf([Math.min(...numbers), Math.max(...numbers)])
  const data = Int8Array.from(numbers, v => limit(Math.round(v / scale) + zeroPoint, -128, 127))
  return { data, quantization: { scale: [scale], zeroPoint: [zeroPoint], axis: 0 } }
}

/** How many integers a bias may reach: a sum of products must still fit into int32 beside it. */
const LARGEST_BIAS = 2 ** 30

/**
 * A kernel in [-127, 127] with zero point 0, one scale for each output channel (`axis`) or one for all. A scale is
 * raised where the bias, whose scale is inputScale · scale, would not fit into int32.
 */
export function quantizeKernel(held: Tensor, axis: number | undefined, inputScale: number, bias?: Tensor): Integers {
  const numbers = held.data as Float32Array
  const channels = axis === undefined ? 1 : held.shape[axis]!
  const inner = axis === undefined ? numbers.length : held.shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const channelOf = (i: number): number => (axis === undefined ? 0 : Math.floor(i / inner) % channels)
  const largest = new Float64Array(channels)
  numbers.forEach((v, i) => {
    largest[channelOf(i)] = Math.max(largest[channelOf(i)]!, Math.abs(v))
  })
  const biases = bias ? toNumbers(bias).map(Math.abs) : []
  const needed = (channel: number): number =>
    (axis === undefined ? Math.max(0, ...biases) : (biases[channel] ?? 0)) / (LARGEST_BIAS * inputScale)
  const scale = Array.from(largest, (most, c) => Math.fround(Math.max(most / 127, needed(c)) || 1))
  const data = Int8Array.from(numbers, (v, i) => limit(Math.round(v / scale[channelOf(i)]!), -127, 127))
  return { data, quantization: { scale, zeroPoint: scale.map(() => 0), axis: axis ?? 0 } }
}

/** A bias in int32: its scale is the product of the input's and the kernel's. */
export function quantizeBias(held: Tensor, inputScale: number, kernel: TensorQuantization): Integers {
  const scale = kernel.scale.map(s => Math.fround(inputScale * s))
  const data = Int32Array.from(toNumbers(held), (v, i) => Math.round(v / scale[scale.length === 1 ? 0 : i]!))
  return { data, quantization: { scale, zeroPoint: scale.map(() => 0), axis: 0 } }
}
