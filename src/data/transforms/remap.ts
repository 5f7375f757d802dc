import { type RandomStream, randomStream } from '../../core/random.js'
import type { RandomCrop, RandomFlip } from './schema.js'

/** The mark of a pixel that lies in constant padding. */
const OUTSIDE = -1

/**
 * Where an index of a padded side comes from; `at` counts from the first real pixel. NumPy's words: reflect is
 * dcb|abcd|cba (the edge is not repeated), edge is aaa|abcd|ddd.
 */
function padIndex(at: number, n: number, mode: RandomCrop['mode']): number {
  if (at >= 0 && at < n) return at
  if (mode === 'constant') return OUTSIDE
  if (mode === 'edge') return at < 0 ? 0 : n - 1
  if (n === 1) return 0
  const period = 2 * (n - 1)
  const folded = ((at % period) + period) % period
  return folded < n ? folded : period - folded
}

/** Crops and flips move whole pixels, and rows apart from columns: any run of them is two tables of indices. */
export interface Remap {
  rows: Int32Array
  columns: Int32Array
  /** Grey level of OUTSIDE. */
  value: number
}

export const blankRemap = (height: number, width: number, value: number): Remap => ({
  rows: new Int32Array(height),
  columns: new Int32Array(width),
  value,
})

export function resetRemap({ rows, columns }: Remap): void {
  for (let i = 0; i < rows.length; i++) rows[i] = i
  for (let i = 0; i < columns.length; i++) columns[i] = i
}

/** Shifts one table by `offset` with padding. `scratch` is at least as long. */
function shiftTable(table: Int32Array, offset: number, mode: RandomCrop['mode'], scratch: Int32Array): void {
  const n = table.length
  for (let i = 0; i < n; i++) {
    const at = padIndex(i + offset, n, mode)
    scratch[i] = at === OUTSIDE ? OUTSIDE : table[at]!
  }
  for (let i = 0; i < n; i++) table[i] = scratch[i]!
}

export function cropRemap(remap: Remap, crop: RandomCrop, stream: RandomStream, scratch: Int32Array): void {
  shiftTable(remap.rows, stream.integer(2 * crop.padding + 1) - crop.padding, crop.mode, scratch)
  shiftTable(remap.columns, stream.integer(2 * crop.padding + 1) - crop.padding, crop.mode, scratch)
}

/** Whether this image is mirrored in this epoch. Alternating: a coin fixed by (seed, index), turned every epoch. */
export function flips(
  mode: RandomFlip['mode'],
  stream: RandomStream,
  seed: number,
  epoch: number,
  index: number,
): boolean {
  if (mode === 'random') return stream.chance(0.5)
  return ((randomStream(seed, 'flip', index).word() & 1) ^ (epoch & 1)) === 1
}

/** Gathers the image at `source[from]` through the tables into `target[to]`; both [C, H, W], not overlapping. */
export function applyRemap(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  shape: readonly [number, number, number],
  { rows, columns, value }: Remap,
): void {
  const [channels, height, width] = shape
  for (let c = 0; c < channels; c++, from += height * width)
    for (let row = 0; row < height; row++, to += width) {
      const fromRow = rows[row]!
      if (fromRow === OUTSIDE) {
        target.fill(value, to, to + width)
        continue
      }
      const start = from + fromRow * width
      for (let column = 0; column < width; column++) {
        const at = columns[column]!
        target[to + column] = at === OUTSIDE ? value : source[start + at]!
      }
    }
}
