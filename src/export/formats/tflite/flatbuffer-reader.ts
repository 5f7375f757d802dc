import { FoveaError } from '../../../core/errors.js'

/** Longest name or description that is read. */
const LONGEST_TEXT = 65_536
/** Parts of a file may be read again by others that share them, but not without end. */
const SHARING = 4

/**
 * A flatbuffer that anyone may have made: every position is checked before it is read, and all that is read together
 * is bounded by the size of the file, so that parts which overlap cannot grow into more.
 */
export class FlatbufferReader {
  private readonly view: DataView
  private budget: number

  constructor(
    readonly bytes: Uint8Array,
    private readonly where: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.budget = SHARING * bytes.length
  }

  refuse(expected: string, received: string): FoveaError {
    return new FoveaError({ where: this.where, expected, received, fix: 'the file is damaged: export it again' })
  }

  /** Takes `count` bytes at `at` from the budget, or refuses. */
  private claim(at: number, count: number): void {
    if (at < 0 || count < 0 || at + count > this.bytes.length)
      throw this.refuse(`${count} bytes at ${at}`, `a file of ${this.bytes.length} bytes`)
    this.budget -= count
    if (this.budget < 0) throw this.refuse('parts that lie apart', 'parts that are used again and again')
  }

  uint8(at: number): number {
    this.claim(at, 1)
    return this.view.getUint8(at)
  }
  int8(at: number): number {
    this.claim(at, 1)
    return this.view.getInt8(at)
  }
  uint16(at: number): number {
    this.claim(at, 2)
    return this.view.getUint16(at, true)
  }
  int32(at: number): number {
    this.claim(at, 4)
    return this.view.getInt32(at, true)
  }
  uint32(at: number): number {
    this.claim(at, 4)
    return this.view.getUint32(at, true)
  }
  float32(at: number): number {
    this.claim(at, 4)
    return this.view.getFloat32(at, true)
  }
  int64(at: number): number {
    this.claim(at, 8)
    return Number(this.view.getBigInt64(at, true))
  }

  /** The root table of a file with this identifier. */
  root(identifier: string): TableReader {
    this.claim(0, 8)
    const found = String.fromCharCode(...this.bytes.subarray(4, 8))
    if (found !== identifier) throw this.refuse(`the identifier ${identifier}`, JSON.stringify(found))
    return new TableReader(this, this.uint32(0))
  }

  /** Start and length of the vector that the offset at `at` points to. */
  vector(at: number, width: number): { start: number; count: number } {
    const position = at + this.uint32(at)
    const count = this.uint32(position)
    this.claim(position + 4, count * width)
    return { start: position + 4, count }
  }

  text(at: number): string {
    const { start, count } = this.vector(at, 1)
    if (count > LONGEST_TEXT) throw this.refuse(`a text of at most ${LONGEST_TEXT} bytes`, `${count}`)
    return new TextDecoder().decode(this.bytes.subarray(start, start + count))
  }
}

/** A table: fields by their slots, absent ones undefined. */
export class TableReader {
  private readonly vtable: number
  private readonly vtableSize: number
  private readonly size: number

  constructor(
    readonly file: FlatbufferReader,
    private readonly position: number,
  ) {
    this.vtable = position - file.int32(position)
    this.vtableSize = file.uint16(this.vtable)
    this.size = file.uint16(this.vtable + 2)
    if (this.vtableSize < 4 || this.vtableSize % 2 !== 0) throw file.refuse('a table of fields', 'a broken one')
  }

  private at(slot: number, width: number): number | undefined {
    const entry = 4 + 2 * slot
    if (entry + 2 > this.vtableSize) return undefined
    const offset = this.file.uint16(this.vtable + entry)
    if (offset === 0) return undefined
    if (offset < 4 || offset + width > this.size) throw this.file.refuse('a field inside its table', `offset ${offset}`)
    return this.position + offset
  }

  int8(slot: number, usual = 0): number {
    const at = this.at(slot, 1)
    return at === undefined ? usual : this.file.int8(at)
  }
  uint8(slot: number, usual = 0): number {
    const at = this.at(slot, 1)
    return at === undefined ? usual : this.file.uint8(at)
  }
  int32(slot: number, usual = 0): number {
    const at = this.at(slot, 4)
    return at === undefined ? usual : this.file.int32(at)
  }
  uint32(slot: number, usual = 0): number {
    const at = this.at(slot, 4)
    return at === undefined ? usual : this.file.uint32(at)
  }
  float32(slot: number, usual = 0): number {
    const at = this.at(slot, 4)
    return at === undefined ? usual : this.file.float32(at)
  }
  has(slot: number): boolean {
    return this.at(slot, 1) !== undefined
  }
  text(slot: number): string | undefined {
    const at = this.at(slot, 4)
    return at === undefined ? undefined : this.file.text(at)
  }
  table(slot: number): TableReader | undefined {
    const at = this.at(slot, 4)
    return at === undefined ? undefined : new TableReader(this.file, at + this.file.uint32(at))
  }

  private list<T>(slot: number, width: number, read: (at: number) => T): T[] {
    const at = this.at(slot, 4)
    if (at === undefined) return []
    const { start, count } = this.file.vector(at, width)
    return Array.from({ length: count }, (_, i) => read(start + i * width))
  }

  ints(slot: number): number[] {
    return this.list(slot, 4, at => this.file.int32(at))
  }
  floats(slot: number): number[] {
    return this.list(slot, 4, at => this.file.float32(at))
  }
  longs(slot: number): number[] {
    return this.list(slot, 8, at => this.file.int64(at))
  }
  tables(slot: number): TableReader[] {
    return this.list(slot, 4, at => new TableReader(this.file, at + this.file.uint32(at)))
  }
  /** Bytes in place, not copied. */
  bytes(slot: number): Uint8Array | undefined {
    const at = this.at(slot, 4)
    if (at === undefined) return undefined
    const { start, count } = this.file.vector(at, 1)
    return this.file.bytes.subarray(start, start + count)
  }
}
