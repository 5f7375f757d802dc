import { type Field, FlatbufferWriter, float32Field, int8Field, int32Field, offsetField } from './flatbuffer.js'
import type { TfliteModel, TfliteOperator, TfliteTensor } from './model.js'
import {
  BUILTINS,
  type Builtin,
  FILE_IDENTIFIER,
  type FieldKind,
  type OptionTable,
  SCHEMA_VERSION,
  SLOTS,
  TENSOR_TYPES,
} from './schema.js'

/** Numbers up to here also stand in the field that readers before 2020 look at. */
const LARGEST_OLD_CODE = 127

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)

/** The bytes of a TFLite file. */
export function writeModel(model: TfliteModel): Uint8Array {
  const constants = model.tensors.map(({ data }) => data?.length ?? 0)
  const writer = new FlatbufferWriter(4096 + sum(constants) + sum(model.metadata.map(({ data }) => data.length)))
  // Buffer 0 is empty: tensors that are computed point at it.
  const buffers = [writer.table({})]
  const bufferOf = (data: Uint8Array): number =>
    buffers.push(writer.table({ [SLOTS.buffer.data]: writer.alignedBytes(data) })) - 1
  const tensors = model.tensors.map(tensor => writeTensor(writer, tensor, tensor.data ? bufferOf(tensor.data) : 0))
  const metadata = model.metadata.map(({ name, data }) => {
    const { metadata: slots } = SLOTS
    return writer.table({ [slots.name]: writer.string(name), [slots.buffer]: int32Field(bufferOf(data)) })
  })
  const codes = codesOf(model.operators)
  const operators = model.operators.map(operator => writeOperator(writer, operator, codes.indexOf(codeKey(operator))))
  const { subgraph, model: slots } = SLOTS
  const graph = writer.table({
    [subgraph.tensors]: writer.offsets(tensors),
    [subgraph.inputs]: writer.ints(model.inputs),
    [subgraph.outputs]: writer.ints(model.outputs),
    [subgraph.operators]: writer.offsets(operators),
    [subgraph.name]: writer.string('main'),
  })
  const root = writer.table({
    [slots.version]: int32Field(SCHEMA_VERSION),
    [slots.operatorCodes]: writer.offsets(codes.map(key => writeCode(writer, key))),
    [slots.subgraphs]: writer.offsets([graph]),
    [slots.description]: writer.string(model.description),
    [slots.buffers]: writer.offsets(buffers),
    [slots.metadata]: writer.offsets(metadata),
    [slots.signatures]: writer.offsets([writeSignature(writer, model)]),
  })
  return writer.finish(root, FILE_IDENTIFIER)
}

const codeKey = ({ builtin, version }: Pick<TfliteOperator, 'builtin' | 'version'>): string => `${builtin} ${version}`
const codesOf = (operators: readonly TfliteOperator[]): string[] => [...new Set(operators.map(codeKey))]

function writeCode(writer: FlatbufferWriter, key: string): number {
  const [name, version] = key.split(' ') as [keyof typeof BUILTINS, string]
  const { code } = BUILTINS[name]
  const { operatorCode } = SLOTS
  return writer.table({
    [operatorCode.deprecatedCode]: int8Field(Math.min(code, LARGEST_OLD_CODE)),
    [operatorCode.version]: int32Field(Number(version), 1),
    [operatorCode.code]: int32Field(code),
  })
}

function writeTensor(writer: FlatbufferWriter, tensor: TfliteTensor, buffer: number): number {
  const { name, type, shape, quantization } = tensor
  const { tensor: slots, quantization: fields } = SLOTS
  // A size that is not known is 1 until somebody resizes the input. It is not declared as unknown: LiteRT in browsers
  // runs no such model, and interpreters that resize do so without.
  const fixed = shape.map(dim => (dim < 0 ? 1 : dim))
  const held =
    quantization &&
    writer.table({
      [fields.scale]: writer.floats(quantization.scale),
      [fields.zeroPoint]: writer.longs(quantization.zeroPoint),
      [fields.axis]: int32Field(quantization.axis),
    })
  return writer.table({
    [slots.shape]: writer.ints(fixed),
    [slots.type]: int8Field(TENSOR_TYPES[type]),
    [slots.buffer]: int32Field(buffer),
    [slots.name]: writer.string(name),
    [slots.quantization]: held === undefined ? undefined : offsetField(held),
    [slots.hasRank]: int8Field(1),
  })
}

function writeOptions(
  writer: FlatbufferWriter,
  { fields }: OptionTable,
  values: TfliteOperator['options'] = {},
): number {
  const written: Record<number, Field> = {}
  for (const [name, [slot, kind, usual = 0]] of Object.entries(fields)) {
    const value = values[name]
    if (value !== undefined) written[slot] = optionField(writer, kind, value, usual)
  }
  for (const name of Object.keys(values)) if (!(name in fields)) throw new Error(`no option '${name}'`)
  return writer.table(written)
}

function optionField(
  writer: FlatbufferWriter,
  kind: FieldKind,
  value: number | boolean | readonly number[],
  usual: number,
): Field {
  if (kind === 'ints') return writer.ints(value as readonly number[])
  if (kind === 'float32') return float32Field(Number(value))
  return kind === 'int32' ? int32Field(Number(value), usual) : int8Field(Number(value))
}

function writeOperator(writer: FlatbufferWriter, operator: TfliteOperator, code: number): number {
  const { operator: slots } = SLOTS
  const { options } = BUILTINS[operator.builtin] as Builtin
  return writer.table({
    [slots.code]: int32Field(code),
    [slots.inputs]: writer.ints(operator.inputs),
    [slots.outputs]: writer.ints(operator.outputs),
    [slots.optionsType]: int8Field(options?.union ?? 0),
    [slots.options]: options && offsetField(writeOptions(writer, options, operator.options)),
  })
}

/** Callers ask for inputs and outputs by these names. */
function writeSignature(writer: FlatbufferWriter, { tensors, inputs, outputs }: TfliteModel): number {
  const { tensorMap, signature } = SLOTS
  const maps = (indices: readonly number[]): Field =>
    writer.offsets(
      indices.map(index =>
        writer.table({ [tensorMap.name]: writer.string(tensors[index]!.name), [tensorMap.tensor]: int32Field(index) }),
      ),
    )
  return writer.table({
    [signature.inputs]: maps(inputs),
    [signature.outputs]: maps(outputs),
    [signature.key]: writer.string('serving_default'),
  })
}
