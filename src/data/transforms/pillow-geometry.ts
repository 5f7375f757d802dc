/** One image, planar [C, H, W]. */
export type Pixels = Uint8Array
export type Shape = readonly [channels: number, height: number, width: number]

/** Source column = a·x + b·y + c, source row = d·x + e·y + f, as Pillow has it. */
export type AffineCoefficients = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

const OUTSIDE = -1
/** The pixel that a coordinate falls into. */
const cell = (position: number, size: number): number =>
  position < 0 || position >= size ? OUTSIDE : Math.trunc(position)

/**
 * Image.transform(AFFINE) with the nearest pixel: Pillow's two paths, one for matrices without rotation or shear, which
 * adds up positions in float64, and one in 16.16 fixed point for all others.
 */
export function affineNearest(
  source: Pixels,
  target: Pixels,
  shape: Shape,
  matrix: AffineCoefficients,
  fill: number,
): void {
  const [channels, height, width] = shape
  const area = height * width
  const sources = matrix[1] === 0 && matrix[3] === 0 ? scaled(matrix, height, width) : fixed(matrix, height, width)
  for (let to = 0; to < area; to++) {
    const from = sources[to]!
    for (let plane = 0; plane < channels * area; plane += area)
      target[plane + to] = from === OUTSIDE ? fill : source[plane + from]!
  }
}

function scaled([a, , c, , e, f]: AffineCoefficients, height: number, width: number): Int32Array {
  const sources = new Int32Array(height * width)
  const columns = new Int32Array(width)
  let x = c + a * 0.5
  for (let i = 0; i < width; i++, x += a) columns[i] = cell(x, width)
  let y = f + e * 0.5
  for (let row = 0; row < height; row++, y += e) {
    const fromRow = cell(y, height)
    for (let i = 0; i < width; i++)
      sources[row * width + i] = fromRow === OUTSIDE || columns[i] === OUTSIDE ? OUTSIDE : fromRow * width + columns[i]!
  }
  return sources
}

function fixed([a, b, c, d, e, f]: AffineCoefficients, height: number, width: number): Int32Array {
  const fix = (value: number): number => Math.floor(value * 65536 + 0.5)
  const [xx, xy, yx, yy] = [fix(a), fix(b), fix(d), fix(e)]
  const x0 = fix(c + a * 0.5 + b * 0.5)
  const y0 = fix(f + d * 0.5 + e * 0.5)
  const sources = new Int32Array(height * width)
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const fromColumn = (x0 + column * xx + row * xy) >> 16
      const fromRow = (y0 + column * yx + row * yy) >> 16
      const inside = fromColumn >= 0 && fromColumn < width && fromRow >= 0 && fromRow < height
      sources[row * width + column] = inside ? fromRow * width + fromColumn : OUTSIDE
    }
  return sources
}

/** Python's round(x, 15), which Pillow applies to sines and cosines. */
const round15 = (value: number): number => Number(value.toFixed(15))

/** Image.rotate: degrees, counter-clockwise, about the centre. */
export function rotate(source: Pixels, target: Pixels, shape: Shape, degrees: number, fill: number): void {
  if (degrees === 0) {
    target.set(source)
    return
  }
  const angle = (-degrees * Math.PI) / 180
  const [cos, sin] = [round15(Math.cos(angle)), round15(Math.sin(angle))]
  const [x, y] = [shape[2] / 2, shape[1] / 2]
  const matrix = [cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y] as const
  affineNearest(source, target, shape, matrix, fill)
}

export const shearX = (source: Pixels, target: Pixels, shape: Shape, by: number, fill: number): void =>
  affineNearest(source, target, shape, [1, by, 0, 0, 1, 0], fill)

export const shearY = (source: Pixels, target: Pixels, shape: Shape, by: number, fill: number): void =>
  affineNearest(source, target, shape, [1, 0, 0, by, 1, 0], fill)

/** Whole pixels; positive moves the content to the left. */
export const translateX = (source: Pixels, target: Pixels, shape: Shape, pixels: number, fill: number): void =>
  affineNearest(source, target, shape, [1, 0, pixels, 0, 1, 0], fill)

/** Whole pixels; positive moves the content up. */
export const translateY = (source: Pixels, target: Pixels, shape: Shape, pixels: number, fill: number): void =>
  affineNearest(source, target, shape, [1, 0, 0, 0, 1, pixels], fill)
