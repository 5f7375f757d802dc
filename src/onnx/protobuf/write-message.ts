import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Field, Kind, Table } from './table.js'

/** A message to write: any field may be left out, at any depth. */
export type Draft<T> = T extends Uint8Array | Float32Array | Float64Array | Int32Array | BigInt64Array
  ? T
  : T extends readonly (infer E)[]
    ? readonly Draft<E>[]
    : T extends object
      ? { [K in keyof T]?: Draft<T[K]> | undefined }
      : T

/** Writes fields in the order of their numbers: equal messages give equal bytes. */
export function writeMessage(writer: BinaryWriter, table: Table, message: object): BinaryWriter {
  for (const [name, field] of table.fields) {
    const value = (message as Record<string, unknown>)[name]
    if (value !== undefined) writeField(writer, field, value)
  }
  return writer
}

export const messageBytes = (table: Table, message: object): Uint8Array =>
  writeMessage(new BinaryWriter(), table, message).finish()

type Write = (writer: BinaryWriter, value: never, of?: Field['of']) => unknown

/** Fields with one value: wire type and how the value is written. */
const single: Partial<Record<Kind, readonly [WireType, Write]>> = {
  int: [WireType.Varint, (writer, value: number) => writer.int64(value)],
  float: [WireType.Bit32, (writer, value: number) => writer.float(value)],
  string: [WireType.LengthDelimited, (writer, value: string) => writer.string(value)],
  bytes: [WireType.LengthDelimited, (writer, value: Uint8Array) => writer.bytes(value)],
  message: [WireType.LengthDelimited, (writer, value: object, of) => writeMessage(writer.fork(), of!(), value).join()],
}

/** Repeated numbers: packed into one length-delimited field. */
const packed: Partial<Record<Kind, Write>> = {
  ints: (writer, value: number) => writer.int64(value),
  int32s: (writer, value: number) => writer.int64(value),
  int64s: (writer, value: bigint) => writer.int64(value),
  floats: (writer, value: number) => writer.float(value),
  doubles: (writer, value: number) => writer.double(value),
}

/** Repeated strings and messages: one field each. */
const repeated: Partial<Record<Kind, Kind>> = { strings: 'string', byteses: 'bytes', messages: 'message' }

function writeField(writer: BinaryWriter, { number, kind, of }: Field, value: unknown): void {
  const one = single[repeated[kind] ?? kind]
  const values = (one && !repeated[kind] ? [value] : value) as ArrayLike<never>
  if (one) for (let i = 0; i < values.length; i++) one[1](writer.tag(number, one[0]), values[i]!, of)
  else if (values.length) {
    writer.tag(number, WireType.LengthDelimited).fork()
    for (let i = 0; i < values.length; i++) packed[kind]!(writer, values[i]!)
    writer.join()
  }
}
