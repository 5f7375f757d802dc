/** Element types of tensors by their numbers in a file (version 3 of the format). */
export const TENSOR_TYPES = {
  FLOAT32: 0,
  FLOAT16: 1,
  INT32: 2,
  UINT8: 3,
  INT64: 4,
  BOOL: 6,
  INT16: 7,
  INT8: 9,
  FLOAT64: 10,
  UINT32: 15,
  UINT16: 16,
} as const
export type TensorType = keyof typeof TENSOR_TYPES

/** Bytes of one element. */
export const TYPE_BYTES: Readonly<Record<TensorType, number>> = {
  FLOAT32: 4,
  FLOAT16: 2,
  INT32: 4,
  UINT8: 1,
  INT64: 8,
  BOOL: 1,
  INT16: 2,
  INT8: 1,
  FLOAT64: 8,
  UINT32: 4,
  UINT16: 2,
}

/** Kinds of fields that option tables have. */
export type FieldKind = 'int8' | 'int32' | 'float32' | 'bool' | 'ints'

/** An option table: its number in the union of options, and its fields with their slots and defaults. */
export interface OptionTable {
  union: number
  fields: Readonly<Record<string, readonly [slot: number, kind: FieldKind, defaultValue?: number]>>
}

const activation = (slot: number) => [slot, 'int8'] as const
const table = (union: number, fields: OptionTable['fields'] = {}): OptionTable => ({ union, fields })
const pool = table(5, {
  padding: [0, 'int8'],
  stride_w: [1, 'int32'],
  stride_h: [2, 'int32'],
  filter_width: [3, 'int32'],
  filter_height: [4, 'int32'],
  activation: activation(5),
})
const reducer = table(27, { keep_dims: [0, 'bool'] })

/** A builtin operator: its number and its options. */
export interface Builtin {
  code: number
  options?: OptionTable
}

/** The builtin operators that exported classifiers consist of. */
export const BUILTINS = {
  ADD: { code: 0, options: table(11, { activation: activation(0) }) },
  AVERAGE_POOL_2D: { code: 1, options: pool },
  CONCATENATION: { code: 2, options: table(10, { axis: [0, 'int32'], activation: activation(1) }) },
  CONV_2D: {
    code: 3,
    options: table(1, {
      padding: [0, 'int8'],
      stride_w: [1, 'int32'],
      stride_h: [2, 'int32'],
      activation: activation(3),
      dilation_w: [4, 'int32', 1],
      dilation_h: [5, 'int32', 1],
    }),
  },
  DEPTHWISE_CONV_2D: {
    code: 4,
    options: table(2, {
      padding: [0, 'int8'],
      stride_w: [1, 'int32'],
      stride_h: [2, 'int32'],
      depth_multiplier: [3, 'int32'],
      activation: activation(4),
      dilation_w: [5, 'int32', 1],
      dilation_h: [6, 'int32', 1],
    }),
  },
  DEQUANTIZE: { code: 6, options: table(38) },
  FLOOR: { code: 8 },
  FULLY_CONNECTED: { code: 9, options: table(8, { activation: activation(0), keep_num_dims: [2, 'bool'] }) },
  LOGISTIC: { code: 14 },
  MAX_POOL_2D: { code: 17, options: pool },
  MUL: { code: 18, options: table(21, { activation: activation(0) }) },
  RELU: { code: 19 },
  RELU_N1_TO_1: { code: 20 },
  RELU6: { code: 21 },
  RESHAPE: { code: 22, options: table(17, { new_shape: [0, 'ints'] }) },
  SOFTMAX: { code: 25, options: table(9, { beta: [0, 'float32'] }) },
  TANH: { code: 28 },
  PAD: { code: 34, options: table(22) },
  GATHER: { code: 36, options: table(23, { axis: [0, 'int32'] }) },
  TRANSPOSE: { code: 39, options: table(26) },
  MEAN: { code: 40, options: reducer },
  SUB: { code: 41, options: table(28, { activation: activation(0) }) },
  DIV: { code: 42, options: table(29, { activation: activation(0) }) },
  STRIDED_SLICE: { code: 45, options: table(32, { begin_mask: [0, 'int32'], end_mask: [1, 'int32'] }) },
  EXP: { code: 47, options: table(33) },
  LOG_SOFTMAX: { code: 50, options: table(36) },
  CAST: { code: 53, options: table(37, { in_type: [0, 'int8'], out_type: [1, 'int8'] }) },
  PRELU: { code: 54 },
  MAXIMUM: { code: 55, options: table(39) },
  MINIMUM: { code: 57, options: table(39) },
  NEG: { code: 59, options: table(42) },
  PADV2: { code: 60, options: table(43) },
  SIN: { code: 66 },
  TRANSPOSE_CONV: {
    code: 67,
    options: table(49, { padding: [0, 'int8'], stride_w: [1, 'int32'], stride_h: [2, 'int32'] }),
  },
  TILE: { code: 69, options: table(51) },
  LOG: { code: 73 },
  SUM: { code: 74, options: reducer },
  SQRT: { code: 75 },
  RSQRT: { code: 76 },
  POW: { code: 78, options: table(56) },
  REDUCE_MAX: { code: 82, options: reducer },
  REDUCE_MIN: { code: 89, options: reducer },
  LEAKY_RELU: { code: 98, options: table(75, { alpha: [0, 'float32'] }) },
  MIRROR_PAD: { code: 100, options: table(77, { mode: [0, 'int8'] }) },
  ABS: { code: 101, options: table(78) },
  SPLIT_V: { code: 102, options: table(79, { num_splits: [0, 'int32'] }) },
  CEIL: { code: 104 },
  COS: { code: 108, options: table(84) },
  ELU: { code: 111 },
  QUANTIZE: { code: 114, options: table(89) },
  ROUND: { code: 116 },
  HARD_SWISH: { code: 117, options: table(91) },
  BATCH_MATMUL: { code: 126, options: table(101, { adj_x: [0, 'bool'], adj_y: [1, 'bool'] }) },
  BROADCAST_TO: { code: 130, options: table(104) },
  GELU: { code: 150, options: table(116, { approximate: [0, 'bool'] }) },
  SIGN: { code: 158, options: table(123) },
} as const satisfies Record<string, Builtin>
export type BuiltinName = keyof typeof BUILTINS

export const PADDING = { SAME: 0, VALID: 1 } as const
export const ACTIVATIONS = { NONE: 0, RELU: 1, RELU_N1_TO_1: 2, RELU6: 3 } as const

/** Slots of the tables that every file has. */
export const SLOTS = {
  model: { version: 0, operatorCodes: 1, subgraphs: 2, description: 3, buffers: 4, metadata: 6, signatures: 7 },
  operatorCode: { deprecatedCode: 0, customCode: 1, version: 2, code: 3 },
  subgraph: { tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4 },
  tensor: { shape: 0, type: 1, buffer: 2, name: 3, quantization: 4, shapeSignature: 7, hasRank: 8 },
  quantization: { scale: 2, zeroPoint: 3, axis: 6 },
  operator: { code: 0, inputs: 1, outputs: 2, optionsType: 3, options: 4 },
  buffer: { data: 0, offset: 1, size: 2 },
  metadata: { name: 0, buffer: 1 },
  signature: { inputs: 0, outputs: 1, key: 2, subgraph: 4 },
  tensorMap: { name: 0, tensor: 1 },
} as const

export const FILE_IDENTIFIER = 'TFL3'
export const SCHEMA_VERSION = 3
