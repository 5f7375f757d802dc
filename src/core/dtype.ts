/** Element types that Fovea's graphs use. Names are ONNX's, in lower case. */
export type DType = 'float32' | 'float16' | 'float64' | 'int64' | 'int32' | 'int8' | 'uint8' | 'uint16' | 'bool'

export type TensorData =
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>
  | BigInt64Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Int8Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>

type DataConstructor = {
  new (length: number): TensorData
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TensorData
}

interface DTypeFacts {
  /** TensorProto.DataType number of the ONNX standard. */
  onnx: number
  bytes: number
  array: DataConstructor
  floating: boolean
}

/** float16 has no typed array in Node 20: its bits live in a Uint16Array. */
const facts: Record<DType, DTypeFacts> = {
  float32: { onnx: 1, bytes: 4, array: Float32Array, floating: true },
  uint8: { onnx: 2, bytes: 1, array: Uint8Array, floating: false },
  int8: { onnx: 3, bytes: 1, array: Int8Array, floating: false },
  uint16: { onnx: 4, bytes: 2, array: Uint16Array, floating: false },
  int32: { onnx: 6, bytes: 4, array: Int32Array, floating: false },
  int64: { onnx: 7, bytes: 8, array: BigInt64Array, floating: false },
  bool: { onnx: 9, bytes: 1, array: Uint8Array, floating: false },
  float16: { onnx: 10, bytes: 2, array: Uint16Array, floating: true },
  float64: { onnx: 11, bytes: 8, array: Float64Array, floating: true },
}

export const dtypes = Object.keys(facts) as DType[]
export const onnxNumberOf = (dtype: DType): number => facts[dtype].onnx
export const bytesPerElement = (dtype: DType): number => facts[dtype].bytes
export const isFloating = (dtype: DType): boolean => facts[dtype].floating
export const arrayTypeOf = (dtype: DType): DataConstructor => facts[dtype].array
export const dtypeOfOnnxNumber = (number: number): DType | undefined =>
  dtypes.find(dtype => facts[dtype].onnx === number)
