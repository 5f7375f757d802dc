import type { Pixels, Shape } from './pillow-geometry.js'

/** Applies a table of 256 levels to every value of one plane. */
function lookUp(source: Pixels, target: Pixels, from: number, to: number, table: ArrayLike<number>): void {
  for (let i = from; i < to; i++) target[i] = table[source[i]!]!
}

function histogram(source: Pixels, from: number, to: number): Int32Array {
  const counts = new Int32Array(256)
  for (let i = from; i < to; i++) counts[source[i]!]!++
  return counts
}

/** Calls `tableOf` with the histogram of each plane and applies what it gives; undefined: the plane stays. */
function perPlane(
  source: Pixels,
  target: Pixels,
  [channels, height, width]: Shape,
  tableOf: (counts: Int32Array) => ArrayLike<number> | undefined,
): void {
  const area = height * width
  for (let from = 0; from < channels * area; from += area) {
    const table = tableOf(histogram(source, from, from + area))
    if (table) lookUp(source, target, from, from + area, table)
    else target.set(source.subarray(from, from + area), from)
  }
}

/** ImageOps.autocontrast without cutoff: the darkest level of each channel goes to 0, the brightest to 255. */
export function autoContrast(source: Pixels, target: Pixels, shape: Shape): void {
  perPlane(source, target, shape, counts => {
    const low = counts.findIndex(count => count > 0)
    const high = counts.findLastIndex(count => count > 0)
    if (high <= low) return undefined
    const scale = 255 / (high - low)
    const offset = -low * scale
    return Uint8ClampedArray.from(counts, (_, level) => Math.trunc(level * scale + offset))
  })
}

/** ImageOps.equalize: levels of each channel about equally frequent. */
export function equalize(source: Pixels, target: Pixels, shape: Shape): void {
  perPlane(source, target, shape, counts => {
    const last = counts.findLast(count => count > 0) ?? 0
    const step = Math.floor((shape[1] * shape[2] - last) / 255)
    if (step === 0) return undefined
    let below = Math.floor(step / 2)
    return Uint8ClampedArray.from(counts, count => {
      const level = Math.floor(below / step)
      below += count
      return level
    })
  })
}

/** ImageOps.solarize: levels from `threshold` on are inverted. */
export function solarize(source: Pixels, target: Pixels, _shape: Shape, threshold: number): void {
  for (let i = 0; i < source.length; i++) target[i] = source[i]! < threshold ? source[i]! : 255 - source[i]!
}

/** ImageOps.posterize: keeps the highest `bits` of each level. */
export function posterize(source: Pixels, target: Pixels, _shape: Shape, bits: number): void {
  const mask = 256 - 2 ** (8 - bits)
  for (let i = 0; i < source.length; i++) target[i] = source[i]! & mask
}

/** Pillow's grey of a pixel (ITU-R 601-2), in 16-bit fixed point. */
const grey = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16

/** Image.blend(degenerate, image, factor), in the float32 of Pillow; the result is cut, not rounded. */
function blend(from: number, image: number, factor: number): number {
  if (factor === 0) return from
  if (factor === 1) return image
  const value = Math.fround(from + Math.fround(factor * (image - from)))
  return value <= 0 ? 0 : value >= 255 ? 255 : value
}

/** ImageEnhance.Color: 0 grey, 1 as it is. An image of one channel has no colour to change. */
export function color(source: Pixels, target: Pixels, [channels, height, width]: Shape, factor: number): void {
  const area = height * width
  if (channels !== 3) {
    target.set(source)
    return
  }
  const f = Math.fround(factor)
  for (let i = 0; i < area; i++) {
    const level = grey(source[i]!, source[i + area]!, source[i + 2 * area]!)
    for (let at = i; at < 3 * area; at += area) target[at] = blend(level, source[at]!, f)
  }
}

/** ImageEnhance.Contrast: 0 the mean grey of the image, 1 as it is. */
export function contrast(source: Pixels, target: Pixels, [channels, height, width]: Shape, factor: number): void {
  const area = height * width
  const f = Math.fround(factor)
  let sum = 0
  for (let i = 0; i < area; i++)
    sum += channels === 3 ? grey(source[i]!, source[i + area]!, source[i + 2 * area]!) : source[i]!
  const mean = Math.trunc(sum / area + 0.5)
  for (let i = 0; i < source.length; i++) target[i] = blend(mean, source[i]!, f)
}

/** ImageEnhance.Brightness: 0 black, 1 as it is. */
export function brightness(source: Pixels, target: Pixels, _shape: Shape, factor: number): void {
  const f = Math.fround(factor)
  for (let i = 0; i < source.length; i++) target[i] = blend(0, source[i]!, f)
}

/** ImageEnhance.Sharpness: 0 smoothed by (1 1 1; 1 5 1; 1 1 1) / 13 inside the border, 1 as it is. */
export function sharpness(source: Pixels, target: Pixels, [channels, height, width]: Shape, factor: number): void {
  const f = Math.fround(factor)
  const area = height * width
  for (let plane = 0; plane < channels * area; plane += area)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const at = plane + row * width + column
        const border = row === 0 || column === 0 || row === height - 1 || column === width - 1
        target[at] = blend(border ? source[at]! : smoothed(source, at, width), source[at]!, f)
      }
}

function smoothed(source: Pixels, at: number, width: number): number {
  let sum = 4 * source[at]!
  for (let row = at - width; row <= at + width; row += width) sum += source[row - 1]! + source[row]! + source[row + 1]!
  return Math.floor(sum / 13 + 0.5)
}
