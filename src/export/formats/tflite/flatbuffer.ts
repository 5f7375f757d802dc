import { Builder } from 'flatbuffers'

/** A field of a table under construction; absent fields take no space. */
export type Field = (slot: number, builder: Builder) => void

export const offsetField =
  (offset: number): Field =>
  (slot, builder) =>
    builder.addFieldOffset(slot, offset, 0)
export const int32Field =
  (value: number, usual = 0): Field =>
  (slot, builder) =>
    builder.addFieldInt32(slot, value, usual)
export const int8Field =
  (value: number): Field =>
  (slot, builder) =>
    builder.addFieldInt8(slot, value, 0)
export const float32Field =
  (value: number): Field =>
  (slot, builder) =>
    builder.addFieldFloat32(slot, value, 0)

/** Tables and vectors of a flatbuffer, children first, as the format wants them. */
export class FlatbufferWriter {
  readonly builder: Builder

  constructor(sizeBytes = 1024) {
    this.builder = new Builder(sizeBytes)
  }

  /** A table of fields by slot. */
  table(fields: Readonly<Record<number, Field | undefined>>): number {
    const slots = Object.keys(fields).map(Number)
    this.builder.startObject(Math.max(-1, ...slots) + 1)
    for (const slot of slots) fields[slot]?.(slot, this.builder)
    return this.builder.endObject()
  }

  private vector(width: number, count: number, put: (i: number) => void): number {
    this.builder.startVector(width, count, width)
    for (let i = count - 1; i >= 0; i--) put(i)
    return this.builder.endVector()
  }

  ints(values: readonly number[]): Field {
    return offsetField(this.vector(4, values.length, i => this.builder.addInt32(values[i]!)))
  }

  floats(values: readonly number[]): Field {
    return offsetField(this.vector(4, values.length, i => this.builder.addFloat32(values[i]!)))
  }

  longs(values: readonly number[]): Field {
    return offsetField(this.vector(8, values.length, i => this.builder.addInt64(BigInt(values[i]!))))
  }

  offsets(values: readonly number[]): Field {
    return offsetField(this.vector(4, values.length, i => this.builder.addOffset(values[i]!)))
  }

  string(text: string): Field {
    return offsetField(this.builder.createString(text))
  }

  /** Bytes whose first one lies at a multiple of 16, so that kernels may read them in place. */
  alignedBytes(data: Uint8Array): Field {
    this.builder.prep(16, data.length)
    return offsetField(this.builder.createByteVector(data))
  }

  finish(root: number, identifier: string): Uint8Array {
    this.builder.finish(root, identifier)
    return this.builder.asUint8Array()
  }
}
