import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { FoveaError, messageOf } from '../../core/errors.js'
import type { ReadLimits } from './limits.js'
import type { Field, Kind, Table } from './table.js'

/** Called for every message at any depth as soon as it is complete; refuses by throwing. */
export type Inspect = (table: Table, message: unknown, where: () => string) => void

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads one message and all it contains, within `limits`. Byte fields are views of `file`. */
export function readMessage<T>(file: Uint8Array, table: Table, limits: ReadLimits, inspect?: Inspect): T {
  const reading = new Reading(file, limits, inspect)
  try {
    if (file.length > limits.bytes) reading.refuse(`at most ${limits.bytes} bytes`, `${file.length} bytes`)
    return reading.message(table, file.length) as T
  } catch (cause) {
    // The wire reader throws plain errors and RangeErrors (a number cut short); a TypeError would be a fault of ours.
    if (cause instanceof FoveaError || cause instanceof TypeError) throw cause
    throw new FoveaError(
      {
        where: reading.where,
        expected: 'a whole ONNX file',
        received: `damaged bytes before offset ${reading.offset} (${messageOf(cause)})`,
      },
      { cause },
    )
  }
}

type Numbers = number[] | bigint[] | Float32Array | Float64Array | Int32Array | BigInt64Array

/** Shared by all messages, so that an absent field costs nothing. */
const absent: Partial<Record<Kind, unknown>> = {
  ints: Object.freeze([]),
  strings: Object.freeze([]),
  byteses: Object.freeze([]),
  messages: Object.freeze([]),
  floats: new Float32Array(0),
  doubles: new Float64Array(0),
  int32s: new Int32Array(0),
  int64s: new BigInt64Array(0),
}

/** Numbers of fields that did not come in one packed piece. */
type Loose = Record<string, (number | bigint)[]>

const blanks = new WeakMap<Table, Record<string, unknown>>()

/** A message in which no field is given yet: copied, so that all messages of a table have one hidden class. */
function blankOf(table: Table): Record<string, unknown> {
  let blank = blanks.get(table)
  if (!blank) {
    blank = Object.fromEntries(table.fields.map(([name, { kind }]) => [name, absent[kind]]))
    blanks.set(table, blank)
  }
  return blank
}

interface NumberKind {
  wire: WireType
  /** Bytes of one packed number; 0 where they vary. */
  width: number
  read(reader: BinaryReader): number | bigint
  finish(values: (number | bigint)[]): Numbers
}

const numberKinds: Partial<Record<Kind, NumberKind>> = {
  ints: { wire: WireType.Varint, width: 0, read: r => Number(r.int64()), finish: v => v as number[] },
  int32s: {
    wire: WireType.Varint,
    width: 0,
    read: r => Number(r.int64()),
    finish: v => Int32Array.from(v as number[]),
  },
  int64s: {
    wire: WireType.Varint,
    width: 0,
    read: r => BigInt(r.int64()),
    finish: v => BigInt64Array.from(v as bigint[]),
  },
  floats: { wire: WireType.Bit32, width: 4, read: r => r.float(), finish: v => Float32Array.from(v as number[]) },
  doubles: { wire: WireType.Bit64, width: 8, read: r => r.double(), finish: v => Float64Array.from(v as number[]) },
}

const listOf: Partial<Record<Kind, Kind>> = { strings: 'string', byteses: 'bytes', messages: 'message' }
const wireOf: Partial<Record<Kind, WireType>> = { int: WireType.Varint, float: WireType.Bit32 }

class Reading {
  private readonly reader: BinaryReader
  private readonly path: string[] = []
  private items = 0
  private numbers = 0
  private text = 0

  constructor(
    private readonly file: Uint8Array,
    private readonly limits: ReadLimits,
    private readonly inspect: Inspect | undefined,
  ) {
    this.reader = new BinaryReader(file)
  }

  get where(): string {
    return `ONNX file${this.path.length ? `, ${this.path.join('.')}` : ''}`
  }

  get offset(): number {
    return Math.min(this.reader.pos, this.file.length)
  }

  refuse(expected: string, received: string, fix?: string): never {
    throw new FoveaError({ where: this.where, expected, received, ...(fix ? { fix } : {}) })
  }

  message(table: Table, end: number): Record<string, unknown> {
    if (this.path.length > this.limits.depth) this.refuse(`at most ${this.limits.depth} levels`, 'deeper nesting')
    this.count('items', 1)
    const message = { ...blankOf(table) }
    const loose: Loose = {}
    while (this.reader.pos < end) {
      const [number, wire] = this.reader.tag()
      const entry = table.byNumber.get(number)
      if (!entry)
        this.refuse(`fields of ${table.name}`, `field ${number}`, 'no such field exists in the ONNX standard 1.20')
      this.path.push(entry[0])
      this.field(message, entry, wire, end, loose)
      this.path.pop()
    }
    if (this.reader.pos !== end) this.refuse('fields that end with their message', 'one that reaches beyond it')
    for (const [name, values] of Object.entries(loose))
      message[name] = numberKinds[table.byName(name).kind]!.finish(values)
    this.inspect?.(table, message, () => this.where)
    return message
  }

  private field(
    message: Record<string, unknown>,
    [name, field]: readonly [string, Field],
    wire: WireType,
    end: number,
    loose: Loose,
  ): void {
    const numbers = numberKinds[field.kind]
    if (numbers) {
      this.numberField(message, name, numbers, wire, end, loose)
      return
    }
    const element = listOf[field.kind]
    if (!element) {
      if (message[name] !== undefined) this.refuse('a field that is given once', 'it twice')
      message[name] = this.value(field.kind, field, wire, end)
      return
    }
    const list = message[name] === absent[field.kind] ? [] : (message[name] as unknown[])
    message[name] = list
    this.path[this.path.length - 1] = `${name}[${list.length}]`
    list.push(this.value(element, field, wire, end))
  }

  private value(kind: Kind, { of }: Field, wire: WireType, end: number): unknown {
    this.expectWire(wire, wireOf[kind] ?? WireType.LengthDelimited)
    if (kind === 'int') return Number(this.reader.int64())
    if (kind === 'float') return this.reader.float()
    const stop = this.extent(end)
    if (kind === 'message') return this.message(of!(), stop)
    this.count('items', 1)
    const bytes = this.file.subarray(this.reader.pos, stop)
    this.reader.pos = stop
    if (kind === 'bytes') return bytes
    this.count('text', bytes.length)
    try {
      return text.decode(bytes)
    } catch {
      return this.refuse('text in UTF-8', 'other bytes')
    }
  }

  /** Repeated numbers, packed or one by one; writers are free to mix both. */
  private numberField(
    message: Record<string, unknown>,
    name: string,
    kind: NumberKind,
    wire: WireType,
    end: number,
    loose: Loose,
  ): void {
    let values = loose[name]
    if (wire === WireType.LengthDelimited) {
      const stop = this.extent(end)
      const length = stop - this.reader.pos
      this.count('numbers', kind.width ? length / kind.width : length)
      if (kind.width && length % kind.width) this.refuse(`a multiple of ${kind.width} bytes`, `${length} bytes`)
      const whole = !values && (message[name] as Numbers).length === 0 && kind.width > 0
      if (whole) {
        message[name] = this.copyNumbers(kind.width, stop)
        return
      }
      if (!values) loose[name] = values = Array.from(message[name] as number[])
      while (this.reader.pos < stop) values.push(kind.read(this.reader))
      if (this.reader.pos !== stop) this.refuse('numbers that end with their field', 'one that reaches beyond it')
      return
    }
    this.expectWire(wire, kind.wire)
    this.count('numbers', 1)
    if (!values) loose[name] = values = Array.from(message[name] as number[])
    values.push(kind.read(this.reader))
  }

  /** Floats and doubles lie in the file as in memory, but for their alignment. */
  private copyNumbers(width: number, stop: number): Numbers {
    const { buffer } = Uint8Array.from(this.file.subarray(this.reader.pos, stop))
    this.reader.pos = stop
    return width === 4 ? new Float32Array(buffer) : new Float64Array(buffer)
  }

  /** Where a length-delimited field ends. */
  private extent(end: number): number {
    const length = this.reader.uint32()
    const stop = this.reader.pos + length
    if (stop > end) this.refuse('fields that end with their message', `a length of ${length} bytes`)
    return stop
  }

  private expectWire(wire: WireType, expected: WireType): void {
    if (wire !== expected) this.refuse(`wire type ${expected}`, `wire type ${wire}`)
  }

  private count(what: 'items' | 'numbers' | 'text', by: number): void {
    this[what] += by
    if (this[what] > this.limits[what])
      this.refuse(`at most ${this.limits[what]} (limit '${what}')`, 'more', 'raise the limit if the file is trusted')
  }
}
