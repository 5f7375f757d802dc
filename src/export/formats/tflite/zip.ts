/** CRC-32 as ZIP has it (polynomial 0xEDB88320, reflected). */
export function crc32(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
/** 1 January 1980: the same files give the same bytes. */
const DATE = 0x21

/** Small fields, little-endian: [bytes, value] each. */
function record(...fields: readonly (readonly [2 | 4, number])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += width
  }
  return bytes
}

/**
 * `prefix` with files packed behind it as a ZIP archive, not compressed: a TFLite model carries its label files so.
 * Positions count from the start of the whole, as readers that look at the whole file expect.
 */
export function appendZip(prefix: Uint8Array, files: readonly { name: string; data: Uint8Array }[]): Uint8Array {
  const chunks = [prefix]
  let at = prefix.length
  const push = (...pieces: Uint8Array[]): void => {
    for (const piece of pieces) {
      chunks.push(piece)
      at += piece.length
    }
  }
  const central = files.map(({ name, data }) => {
    const path = new TextEncoder().encode(name)
    const facts = [
      [2, 20],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, DATE],
      [4, crc32(data)],
      [4, data.length],
      [4, data.length],
      [2, path.length],
      [2, 0],
    ] as const
    const start = at
    push(record([4, LOCAL], ...facts), path, data)
    return [record([4, CENTRAL], [2, 20], ...facts, [2, 0], [2, 0], [2, 0], [4, 0], [4, start]), path]
  })
  const start = at
  for (const pieces of central) push(...pieces)
  push(record([4, END], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, at - start], [4, start], [2, 0]))
  const whole = new Uint8Array(at)
  let to = 0
  for (const chunk of chunks) {
    whole.set(chunk, to)
    to += chunk.length
  }
  return whole
}
