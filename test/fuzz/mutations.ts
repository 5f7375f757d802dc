import type { RandomStream } from '../../src/core/random.js'

type Mutation = (file: Uint8Array, stream: RandomStream, other: Uint8Array) => Uint8Array

/** Numbers at the ends of what fields can hold. */
const EXTREMES = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 16, 0x7f, 0x80, 0xff]

const at = (file: Uint8Array, stream: RandomStream): number => stream.integer(Math.max(1, file.length))

const mutations: readonly Mutation[] = [
  /** Single bits. */
  (file, stream) => {
    for (let n = 1 + stream.integer(8); n > 0; n--) file[at(file, stream)]! ^= 1 << stream.integer(8)
    return file
  },
  /** Bytes. */
  (file, stream) => {
    for (let n = 1 + stream.integer(8); n > 0; n--) file[at(file, stream)] = stream.integer(256)
    return file
  },
  /** An extreme number of four bytes. */
  (file, stream) => {
    const value = EXTREMES[stream.integer(EXTREMES.length)]!
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
    if (file.length > 4) view.setInt32(stream.integer(file.length - 4), value, true)
    return file
  },
  /** A number a little larger or smaller. */
  (file, stream) => {
    file[at(file, stream)]! += stream.integer(9) - 4
    return file
  },
  (file, stream) => file.slice(0, at(file, stream)),
  /** A piece left out. */
  (file, stream) => {
    const start = at(file, stream)
    return Uint8Array.from([...file.subarray(0, start), ...file.subarray(start + 1 + stream.integer(64))])
  },
  /** A piece twice. */
  (file, stream) => {
    const start = at(file, stream)
    const end = start + 1 + stream.integer(256)
    return Uint8Array.from([...file.subarray(0, end), ...file.subarray(start, end), ...file.subarray(end)])
  },
  /** A piece of another file. */
  (file, stream, other) => {
    const start = at(other, stream)
    const piece = other.subarray(start, start + 1 + stream.integer(256))
    file.set(piece.subarray(0, Math.max(0, file.length - start)), Math.min(start, file.length))
    return file
  },
  /** A piece of one value. */
  (file, stream) => {
    const start = at(file, stream)
    return file.fill(stream.integer(2) * 255, start, start + 1 + stream.integer(64))
  },
]

/** One to three mutations of a copy. */
export function mutated(file: Uint8Array, stream: RandomStream, other: Uint8Array): Uint8Array {
  let result = Uint8Array.from(file)
  for (let n = 1 + stream.integer(3); n > 0; n--)
    result = mutations[stream.integer(mutations.length)]!(result, stream, other) as Uint8Array<ArrayBuffer>
  return result
}
