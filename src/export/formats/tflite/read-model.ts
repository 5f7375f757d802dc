import { FlatbufferReader, type TableReader } from './flatbuffer-reader.js'
import type { OptionValues, TensorQuantization, TfliteModel, TfliteOperator, TfliteTensor } from './model.js'
import {
  BUILTINS,
  type Builtin,
  type BuiltinName,
  FILE_IDENTIFIER,
  type OptionTable,
  SCHEMA_VERSION,
  SLOTS,
  TENSOR_TYPES,
  type TensorType,
  TYPE_BYTES,
} from './schema.js'

/** Files are read whole; the format itself ends at 2 GiB. */
const LARGEST_FILE = 2 ** 31 - 1
const LARGEST_RANK = 8
/** Elements of one tensor: 2³¹ - 1 is what its readers can count. */
const LARGEST_TENSOR = 2 ** 31 - 1

const nameOfCode = new Map(Object.entries(BUILTINS).map(([name, { code }]) => [code as number, name as BuiltinName]))
const nameOfType = new Map(Object.entries(TENSOR_TYPES).map(([name, type]) => [type as number, name as TensorType]))

/**
 * A TFLite file as lists of tensors and operators. The file may come from anyone: nothing is read outside of it, and
 * tensors, buffers, shapes and quantisation are checked against each other. Bytes of constants are not copied.
 * @throws FoveaError where the file is broken, or has what Fovea's files have not (several subgraphs, other operators)
 */
export function readModel(bytes: Uint8Array, where = 'TFLite file'): TfliteModel {
  const file = new FlatbufferReader(bytes, where)
  if (bytes.length > LARGEST_FILE) throw file.refuse('a file below 2 GiB', `${bytes.length} bytes`)
  const root = file.root(FILE_IDENTIFIER)
  const { model, subgraph } = SLOTS
  const version = root.uint32(model.version)
  if (version !== SCHEMA_VERSION) throw file.refuse(`version ${SCHEMA_VERSION} of the format`, String(version))
  const buffers = root.tables(model.buffers).map(table => bufferOf(file, table))
  const graphs = root.tables(model.subgraphs)
  if (graphs.length !== 1) throw file.refuse('one subgraph', `${graphs.length}`)
  const [graph] = graphs as [TableReader]
  const tensors = graph.tables(subgraph.tensors).map(table => tensorOf(file, table, buffers))
  const codes = root.tables(model.operatorCodes).map(table => codeOf(file, table))
  const operators = graph.tables(subgraph.operators).map(table => operatorOf(file, table, codes, tensors))
  const [inputs, outputs] = [graph.ints(subgraph.inputs), graph.ints(subgraph.outputs)]
  checkIndices(file, [...inputs, ...outputs], tensors.length, 0, 'the ends of the graph')
  return {
    description: root.text(model.description) ?? '',
    tensors,
    operators,
    inputs,
    outputs,
    metadata: root.tables(model.metadata).map(table => metadataOf(file, table, buffers)),
  }
}

function checkIndices(
  file: FlatbufferReader,
  indices: readonly number[],
  count: number,
  least: number,
  what: string,
): void {
  const wrong = indices.find(index => index < least || index >= count)
  if (wrong !== undefined) throw file.refuse(`${what} among ${count} tensors`, `number ${wrong}`)
}

function bufferOf(file: FlatbufferReader, table: TableReader): Uint8Array | undefined {
  // Bytes outside of the flatbuffer, which only files beyond 2 GiB need.
  if (table.has(SLOTS.buffer.offset)) throw file.refuse('constants inside the file', 'one beside it')
  return table.bytes(SLOTS.buffer.data)
}

function metadataOf(file: FlatbufferReader, table: TableReader, buffers: readonly (Uint8Array | undefined)[]) {
  const index = table.uint32(SLOTS.metadata.buffer)
  if (index >= buffers.length) throw file.refuse(`metadata in one of ${buffers.length} buffers`, `buffer ${index}`)
  return { name: table.text(SLOTS.metadata.name) ?? '', data: buffers[index] ?? new Uint8Array() }
}

function codeOf(file: FlatbufferReader, table: TableReader): Pick<TfliteOperator, 'builtin' | 'version'> {
  const { operatorCode } = SLOTS
  // Files before 2020 have only the old field, later ones the greater of both.
  const code = Math.max(table.int8(operatorCode.deprecatedCode), table.int32(operatorCode.code))
  const builtin = nameOfCode.get(code)
  const custom = table.text(operatorCode.customCode)
  if (!builtin || custom !== undefined)
    throw file.refuse('builtin operators of image classifiers', custom === undefined ? `number ${code}` : `'${custom}'`)
  return { builtin, version: table.int32(operatorCode.version, 1) }
}

function tensorOf(
  file: FlatbufferReader,
  table: TableReader,
  buffers: readonly (Uint8Array | undefined)[],
): TfliteTensor {
  const { tensor: slots } = SLOTS
  const name = table.text(slots.name) ?? ''
  const type = nameOfType.get(table.int8(slots.type))
  if (!type) throw file.refuse('a known element type', `number ${table.int8(slots.type)} of '${name}'`)
  const shape = table.ints(slots.shape)
  if (shape.length > LARGEST_RANK) throw file.refuse(`at most ${LARGEST_RANK} axes`, `${shape.length} of '${name}'`)
  const size = shape.reduce((product, dim) => product * dim, 1)
  if (shape.some(dim => dim < 0) || size > LARGEST_TENSOR)
    throw file.refuse('a shape of countable elements', `[${shape.join(', ')}] of '${name}'`)
  const index = table.uint32(slots.buffer)
  if (index >= buffers.length) throw file.refuse(`one of ${buffers.length} buffers`, `buffer ${index} of '${name}'`)
  const data = buffers[index]
  if (data && data.length > 0 && data.length !== size * TYPE_BYTES[type])
    throw file.refuse(`${size * TYPE_BYTES[type]} bytes of '${name}'`, `${data.length}`)
  const quantization = quantizationOf(file, table.table(slots.quantization), shape, name)
  return {
    name,
    type,
    shape,
    ...(data && data.length > 0 ? { data } : {}),
    ...(quantization ? { quantization } : {}),
  }
}

function quantizationOf(
  file: FlatbufferReader,
  table: TableReader | undefined,
  shape: readonly number[],
  name: string,
): TensorQuantization | undefined {
  if (!table) return undefined
  const { quantization: slots } = SLOTS
  const [scale, zeroPoint, axis] = [table.floats(slots.scale), table.longs(slots.zeroPoint), table.int32(slots.axis)]
  if (scale.length === 0) return undefined
  const fits = scale.length === 1 || (axis >= 0 && axis < shape.length && scale.length === shape[axis])
  const sound = scale.every(s => Number.isFinite(s) && s > 0) && zeroPoint.length === scale.length
  if (fits && sound) return { scale, zeroPoint, axis }
  throw file.refuse(
    `a positive scale and a zero point for '${name}' or for each place of an axis`,
    `${scale.length} scales, ${zeroPoint.length} zero points, axis ${axis} of [${shape.join(', ')}]`,
  )
}

function operatorOf(
  file: FlatbufferReader,
  table: TableReader,
  codes: readonly Pick<TfliteOperator, 'builtin' | 'version'>[],
  tensors: readonly TfliteTensor[],
): TfliteOperator {
  const { operator: slots } = SLOTS
  const code = codes[table.uint32(slots.code)]
  if (!code) throw file.refuse(`one of ${codes.length} operator codes`, `number ${table.uint32(slots.code)}`)
  const [inputs, outputs] = [table.ints(slots.inputs), table.ints(slots.outputs)]
  checkIndices(file, inputs, tensors.length, -1, `inputs of ${code.builtin}`)
  checkIndices(file, outputs, tensors.length, 0, `outputs of ${code.builtin}`)
  const { options } = BUILTINS[code.builtin] as Builtin
  const held = table.table(slots.options)
  const union = table.uint8(slots.optionsType)
  // Options may be left out, but not be those of another operator.
  if (held && union !== 0 && options && union !== options.union)
    throw file.refuse(`options of ${code.builtin}`, `options number ${union}`)
  return { ...code, inputs, outputs, options: options && held ? optionsOf(options, held) : {} }
}

function optionsOf({ fields }: OptionTable, table: TableReader): OptionValues {
  const values: Record<string, number | boolean | readonly number[]> = {}
  for (const [name, [slot, kind, usual = 0]] of Object.entries(fields)) {
    if (kind === 'ints') values[name] = table.ints(slot)
    else if (kind === 'float32') values[name] = table.float32(slot, usual)
    else if (kind === 'int32') values[name] = table.int32(slot, usual)
    else values[name] = kind === 'bool' ? table.int8(slot, usual) !== 0 : table.int8(slot, usual)
  }
  return values
}
