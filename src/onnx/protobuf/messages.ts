import {
  bytes,
  byteses,
  doubles,
  float,
  floats,
  int,
  int32s,
  int64s,
  ints,
  message,
  messages,
  string,
  strings,
  type Table,
  table,
} from './table.js'

/**
 * The messages of the ONNX standard (1.20) as types and as field tables. Names and numbers are the standard's. A
 * message that was read has every repeated field (empty where the file has none); one that is written names only
 * what it wants.
 */
export interface StringStringEntryProto {
  key?: string
  value?: string
}
export interface OperatorSetIdProto {
  domain?: string
  version?: number
}
export interface DimensionProto {
  dim_value?: number
  dim_param?: string
  denotation?: string
}
export interface TensorShapeProto {
  dim: DimensionProto[]
}
export interface TensorTypeProto {
  elem_type?: number
  shape?: TensorShapeProto
}
export interface SequenceTypeProto {
  elem_type?: TypeProto
}
export interface MapTypeProto {
  key_type?: number
  value_type?: TypeProto
}
export interface OpaqueTypeProto {
  domain?: string
  name?: string
}
export interface TypeProto {
  tensor_type?: TensorTypeProto
  sequence_type?: SequenceTypeProto
  map_type?: MapTypeProto
  denotation?: string
  opaque_type?: OpaqueTypeProto
  sparse_tensor_type?: TensorTypeProto
  optional_type?: SequenceTypeProto
}
export interface ValueInfoProto {
  name?: string
  type?: TypeProto
  doc_string?: string
  metadata_props: StringStringEntryProto[]
}
export interface SegmentProto {
  begin?: number
  end?: number
}
export interface TensorProto {
  dims: number[]
  data_type?: number
  segment?: SegmentProto
  float_data: Float32Array
  int32_data: Int32Array
  string_data: Uint8Array[]
  int64_data: BigInt64Array
  name?: string
  raw_data?: Uint8Array
  double_data: Float64Array
  uint64_data: BigInt64Array
  doc_string?: string
  external_data: StringStringEntryProto[]
  data_location?: number
  metadata_props: StringStringEntryProto[]
}
export interface SparseTensorProto {
  values?: TensorProto
  indices?: TensorProto
  dims: number[]
}
export interface AttributeProto {
  name?: string
  f?: number
  i?: number
  s?: Uint8Array
  t?: TensorProto
  g?: GraphProto
  floats: Float32Array
  ints: number[]
  strings: Uint8Array[]
  tensors: TensorProto[]
  graphs: GraphProto[]
  doc_string?: string
  tp?: TypeProto
  type_protos: TypeProto[]
  type?: number
  ref_attr_name?: string
  sparse_tensor?: SparseTensorProto
  sparse_tensors: SparseTensorProto[]
}
export interface NodeProto {
  input: string[]
  output: string[]
  name?: string
  op_type?: string
  attribute: AttributeProto[]
  doc_string?: string
  domain?: string
  overload?: string
  metadata_props: StringStringEntryProto[]
  device_configurations: Uint8Array[]
}
export interface TensorAnnotationProto {
  tensor_name?: string
  quant_parameter_tensor_names: StringStringEntryProto[]
}
export interface GraphProto {
  node: NodeProto[]
  name?: string
  initializer: TensorProto[]
  doc_string?: string
  input: ValueInfoProto[]
  output: ValueInfoProto[]
  value_info: ValueInfoProto[]
  quantization_annotation: TensorAnnotationProto[]
  sparse_initializer: SparseTensorProto[]
  metadata_props: StringStringEntryProto[]
}
export interface FunctionProto {
  name?: string
  input: string[]
  output: string[]
  attribute: string[]
  node: NodeProto[]
  doc_string?: string
  opset_import: OperatorSetIdProto[]
  domain?: string
  attribute_proto: AttributeProto[]
  value_info: ValueInfoProto[]
  overload?: string
  metadata_props: StringStringEntryProto[]
}
export interface TrainingInfoProto {
  initialization?: GraphProto
  algorithm?: GraphProto
  initialization_binding: StringStringEntryProto[]
  update_binding: StringStringEntryProto[]
}
export interface ModelProto {
  ir_version?: number
  producer_name?: string
  producer_version?: string
  domain?: string
  model_version?: number
  doc_string?: string
  graph?: GraphProto
  opset_import: OperatorSetIdProto[]
  metadata_props: StringStringEntryProto[]
  training_info: TrainingInfoProto[]
  functions: FunctionProto[]
  configuration: Uint8Array[]
}

/** `AttributeProto.AttributeType`. */
export const attributeTypes = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSOR: 11,
  SPARSE_TENSORS: 12,
  TYPE_PROTO: 13,
  TYPE_PROTOS: 14,
} as const

const stringStringEntry = table<StringStringEntryProto>('StringStringEntryProto', { key: string(1), value: string(2) })
const properties = (number: number) => messages(number, () => stringStringEntry)

const operatorSetId = table<OperatorSetIdProto>('OperatorSetIdProto', { domain: string(1), version: int(2) })
const dimension = table<DimensionProto>('TensorShapeProto.Dimension', {
  dim_value: int(1),
  dim_param: string(2),
  denotation: string(3),
})
const tensorShape = table<TensorShapeProto>('TensorShapeProto', { dim: messages(1, () => dimension) })
const tensorType = table<TensorTypeProto>('TypeProto.Tensor', {
  elem_type: int(1),
  shape: message(2, () => tensorShape),
})
const sequenceType: Table = table<SequenceTypeProto>('TypeProto.Sequence', { elem_type: message(1, () => type) })
const mapType: Table = table<MapTypeProto>('TypeProto.Map', { key_type: int(1), value_type: message(2, () => type) })
const opaqueType = table<OpaqueTypeProto>('TypeProto.Opaque', { domain: string(1), name: string(2) })
const type: Table = table<TypeProto>('TypeProto', {
  tensor_type: message(1, () => tensorType),
  sequence_type: message(4, () => sequenceType),
  map_type: message(5, () => mapType),
  denotation: string(6),
  opaque_type: message(7, () => opaqueType),
  sparse_tensor_type: message(8, () => tensorType),
  optional_type: message(9, () => sequenceType),
})
const valueInfo = table<ValueInfoProto>('ValueInfoProto', {
  name: string(1),
  type: message(2, () => type),
  doc_string: string(3),
  metadata_props: properties(4),
})
const segment = table<SegmentProto>('TensorProto.Segment', { begin: int(1), end: int(2) })

export const tensorTable = table<TensorProto>('TensorProto', {
  dims: ints(1),
  data_type: int(2),
  segment: message(3, () => segment),
  float_data: floats(4),
  int32_data: int32s(5),
  string_data: byteses(6),
  int64_data: int64s(7),
  name: string(8),
  raw_data: bytes(9),
  double_data: doubles(10),
  uint64_data: int64s(11),
  doc_string: string(12),
  external_data: properties(13),
  data_location: int(14),
  metadata_props: properties(16),
})
const sparseTensor = table<SparseTensorProto>('SparseTensorProto', {
  values: message(1, () => tensorTable),
  indices: message(2, () => tensorTable),
  dims: ints(3),
})
const attribute: Table = table<AttributeProto>('AttributeProto', {
  name: string(1),
  f: float(2),
  i: int(3),
  s: bytes(4),
  t: message(5, () => tensorTable),
  g: message(6, () => graphTable),
  floats: floats(7),
  ints: ints(8),
  strings: byteses(9),
  tensors: messages(10, () => tensorTable),
  graphs: messages(11, () => graphTable),
  doc_string: string(13),
  tp: message(14, () => type),
  type_protos: messages(15, () => type),
  type: int(20),
  ref_attr_name: string(21),
  sparse_tensor: message(22, () => sparseTensor),
  sparse_tensors: messages(23, () => sparseTensor),
})
const node = table<NodeProto>('NodeProto', {
  input: strings(1),
  output: strings(2),
  name: string(3),
  op_type: string(4),
  attribute: messages(5, () => attribute),
  doc_string: string(6),
  domain: string(7),
  overload: string(8),
  metadata_props: properties(9),
  device_configurations: byteses(10),
})
const tensorAnnotation = table<TensorAnnotationProto>('TensorAnnotation', {
  tensor_name: string(1),
  quant_parameter_tensor_names: properties(2),
})
export const graphTable: Table = table<GraphProto>('GraphProto', {
  node: messages(1, () => node),
  name: string(2),
  initializer: messages(5, () => tensorTable),
  doc_string: string(10),
  input: messages(11, () => valueInfo),
  output: messages(12, () => valueInfo),
  value_info: messages(13, () => valueInfo),
  quantization_annotation: messages(14, () => tensorAnnotation),
  sparse_initializer: messages(15, () => sparseTensor),
  metadata_props: properties(16),
})
const functionTable = table<FunctionProto>('FunctionProto', {
  name: string(1),
  input: strings(4),
  output: strings(5),
  attribute: strings(6),
  node: messages(7, () => node),
  doc_string: string(8),
  opset_import: messages(9, () => operatorSetId),
  domain: string(10),
  attribute_proto: messages(11, () => attribute),
  value_info: messages(12, () => valueInfo),
  overload: string(13),
  metadata_props: properties(14),
})
const trainingInfo = table<TrainingInfoProto>('TrainingInfoProto', {
  initialization: message(1, () => graphTable),
  algorithm: message(2, () => graphTable),
  initialization_binding: properties(3),
  update_binding: properties(4),
})
export const modelTable = table<ModelProto>('ModelProto', {
  ir_version: int(1),
  producer_name: string(2),
  producer_version: string(3),
  domain: string(4),
  model_version: int(5),
  doc_string: string(6),
  graph: message(7, () => graphTable),
  opset_import: messages(8, () => operatorSetId),
  metadata_props: properties(14),
  training_info: messages(20, () => trainingInfo),
  functions: messages(25, () => functionTable),
  configuration: byteses(26),
})
