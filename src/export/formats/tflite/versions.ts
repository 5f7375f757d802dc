import type { BuiltinName } from './schema.js'

/** What the version of an operator depends on. */
export interface VersionFacts {
  /** Types of its values are int8. */
  int8: boolean
  options: Readonly<Record<string, unknown>>
  /** A convolution whose kernels see a part of the channels. */
  grouped: boolean
  /** Type of the first input. */
  from: string
}

/** Operators whose second version added int8. */
const INT8_SECOND = new Set<BuiltinName>([
  'ABS',
  'ADD',
  'AVERAGE_POOL_2D',
  'BATCH_MATMUL',
  'CONCATENATION',
  'EXP',
  'GATHER',
  'LEAKY_RELU',
  'LOG',
  'LOGISTIC',
  'LOG_SOFTMAX',
  'MAXIMUM',
  'MAX_POOL_2D',
  'MEAN',
  'MINIMUM',
  'MUL',
  'PAD',
  'PADV2',
  'REDUCE_MAX',
  'REDUCE_MIN',
  'RELU',
  'RELU6',
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

/** The lowest version of a builtin operator that has what is asked of it: old interpreters refuse what is newer. */
export function versionOf(builtin: BuiltinName, { int8, options, grouped, from }: VersionFacts): number {
  const dilated = options.dilation_w !== undefined && (options.dilation_w !== 1 || options.dilation_h !== 1)
  switch (builtin) {
    case 'CONV_2D':
      return grouped ? 6 : int8 ? 3 : 1
    case 'DEPTHWISE_CONV_2D':
      return int8 ? 3 : dilated ? 2 : 1
    case 'FULLY_CONNECTED':
      return options.keep_num_dims ? 5 : int8 ? 4 : 1
    case 'DEQUANTIZE':
      return from === 'FLOAT16' ? 3 : from === 'INT8' ? 2 : 1
    case 'QUANTIZE':
      return from === 'FLOAT32' ? 1 : 2
    default:
      return int8 && INT8_SECOND.has(builtin) ? 2 : 1
  }
}
