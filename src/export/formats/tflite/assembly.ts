import { isDeepStrictEqual } from 'node:util'
import { toFloat16 } from '../../../core/float16.js'
import { sizeOf } from '../../../core/shape.js'
import { bytesOf, type Tensor, toNumbers } from '../../../core/tensor.js'
import type { OptionValues, TfliteOperator, TfliteTensor } from './model.js'
import type { BuiltinName, TensorType } from './schema.js'
import { versionOf } from './versions.js'

/** Constants of fewer elements stay float32: converting them would cost more than it saves. */
const SMALLEST_HALF = 16

export const bytes = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const sameConstant = (a: TfliteTensor, b: TfliteTensor): boolean =>
  isDeepStrictEqual(a.quantization, b.quantization) && b.data !== undefined && Buffer.compare(a.data!, b.data) === 0

/** Tensors and operators of a file under construction. */
export class Assembly {
  readonly tensors: TfliteTensor[] = []
  readonly operators: TfliteOperator[] = []
  readonly names = new Set<string>()
  /** Tensors that are there already, by what they hold. */
  readonly indices = new Map<string, number>()
  /** Constants by type and shape. */
  private readonly constants = new Map<string, { given: TfliteTensor; index: number }[]>()
  /** float32 twins of halves. */
  private readonly widened = new Map<number, number>()

  /** `halves`: large constants are kept in float16. */
  constructor(private readonly halves: boolean) {}

  /** A constant of floats; large ones in half precision, widened when the model is loaded. */
  floats(name: string, held: Tensor, key?: string): number {
    const known = key === undefined ? undefined : this.indices.get(key)
    if (known !== undefined) return known
    const { shape, dtype } = held
    const half = this.halves && dtype === 'float32' && sizeOf(shape) >= SMALLEST_HALF
    if (dtype === 'int64') {
      const data = bytes(Int32Array.from(toNumbers(held)))
      return this.constant(`${name} int32`, name, { type: 'INT32', shape, data })
    }
    let index: number
    if (half) {
      const data = bytes(toFloat16(held.data as Float32Array))
      const narrow = this.tensor({ name: `${name}/float16`, type: 'FLOAT16', shape, data })
      const twin = this.widened.get(narrow)
      index = twin ?? this.tensor({ name, type: 'FLOAT32', shape })
      if (twin === undefined) this.operator('DEQUANTIZE', [narrow], [index])
      this.widened.set(narrow, index)
    } else index = this.tensor({ name, type: dtype.toUpperCase() as TensorType, shape, data: bytesOf(held) })
    if (key !== undefined) this.indices.set(key, index)
    return index
  }

  constant(key: string, name: string, tensor: Omit<TfliteTensor, 'name'>): number {
    const known = this.indices.get(key)
    if (known !== undefined) return known
    const index = this.tensor({ name, ...tensor })
    this.indices.set(key, index)
    return index
  }

  /**
   * Adds a tensor; its name gets a number if it is taken, unless it is promised to the outside. A constant that is there
   * already is not added again: views of an image share their weights.
   */
  tensor(tensor: TfliteTensor, promised = false): number {
    const kind = `${tensor.type} ${tensor.shape}`
    const alike = this.constants.get(kind) ?? []
    const known = alike.find(({ given }) => sameConstant(given, tensor))
    if (known) return known.index
    let { name } = tensor
    for (let n = 1; !promised && this.names.has(name); n++) name = `${tensor.name}_${n}`
    this.names.add(name)
    const index = this.tensors.push({ ...tensor, name }) - 1
    if (tensor.data) this.constants.set(kind, [...alike, { given: tensor, index }])
    return index
  }

  operator(
    builtin: BuiltinName,
    inputs: readonly number[],
    outputs: readonly number[],
    options: OptionValues = {},
    grouped = false,
  ): void {
    const types = [...inputs, ...outputs].map(index => this.tensors[index]!.type)
    const version = versionOf(builtin, { int8: types.includes('INT8'), options, grouped, from: types[0]! })
    this.operators.push({ builtin, version, inputs, outputs, options })
  }
}
