import { UsageError } from '../../core/errors.js'

/** How pixels beyond the edge are made up; SciPy's words, see `foldCoordinate`. */
export type FillMode = 'nearest' | 'constant' | 'reflect' | 'wrap'

/**
 * Keras' parameters of one affine transform. They map OUTPUT to INPUT coordinates about the centre, in the order
 * rotation, shift, shear, zoom; so a zoom above 1 shrinks what is seen.
 */
export interface AffineParameters {
  /** Rotation, degrees. */
  theta: number
  /** Pixels along the COLUMNS. Keras calls it the height shift; what it moves is measured, see `affineMatrix`. */
  tx: number
  /** Pixels along the ROWS. */
  ty: number
  /** Shear angle, degrees. */
  shear: number
  /** Zoom along the columns; 1 is none. */
  zx: number
  /** Zoom along the rows; 1 is none. */
  zy: number
}

export const identityAffine: Readonly<AffineParameters> = { theta: 0, tx: 0, ty: 0, shear: 0, zx: 1, zy: 1 }

export const isIdentity = (p: AffineParameters): boolean =>
  p.theta === 0 && p.tx === 0 && p.ty === 0 && p.shear === 0 && p.zx === 1 && p.zy === 1

/**
 * Writes [rr, rc, r0, cr, cc, c0] into `matrix`: input row = rr*r + rc*c + r0, input column = cr*r + cc*c + c0.
 *
 * Source: Keras 3 `keras/src/legacy/preprocessing/image.py`, `apply_affine_transform`. Two of its habits are kept
 * because the numbers depend on them: it builds the matrix for (x, y) and then swaps the axes, so `tx`, drawn from
 * height_shift_range, moves columns; and it centres with (height, width) before that swap, so that an image that is
 * not square turns about a point that is not its centre.
 */
export function affineMatrix(p: AffineParameters, height: number, width: number, matrix: Float64Array): void {
  const theta = (p.theta * Math.PI) / 180
  const shear = (p.shear * Math.PI) / 180
  const cosT = Math.cos(theta)
  const sinT = Math.sin(theta)
  const sinS = Math.sin(shear)
  const cosS = Math.cos(shear)
  // Rotation . Shift: the shift is turned with the image.
  const shiftX = cosT * p.tx - sinT * p.ty
  const shiftY = sinT * p.tx + cosT * p.ty
  // Rotation . Shear . Zoom, with shear = [[1, -sin s], [0, cos s]].
  const xx = cosT * p.zx
  const xy = (-cosT * sinS - sinT * cosS) * p.zy
  const yx = sinT * p.zx
  const yy = (-sinT * sinS + cosT * cosS) * p.zy
  const centreX = height / 2 - 0.5
  const centreY = width / 2 - 0.5
  matrix[0] = yy
  matrix[1] = yx
  // NumPy's order of summing: it decides on which side of the border a pixel falls that lies on it.
  matrix[2] = yx * -centreX + yy * -centreY + (shiftY + centreY)
  matrix[3] = xy
  matrix[4] = xx
  matrix[5] = xx * -centreX + xy * -centreY + (shiftX + centreX)
}

/**
 * An input coordinate folded into [0, n - 1]; NaN where the constant applies. Source: SciPy `ni_interpolation.c`,
 * `map_coordinate`. 'constant' does not interpolate beyond the first and last pixel; 'reflect' doubles the edge pixel
 * (dcba|abcd|dcba), so between an edge and its double the edge's own value holds; 'wrap' has period n - 1, not n:
 * SciPy takes the first and last pixel for the same place.
 */
function foldCoordinate(x: number, n: number, mode: FillMode): number {
  if (mode === 'constant') return Number.NaN
  if (n <= 1) return 0
  if (mode === 'nearest') return x < 0 ? 0 : n - 1
  if (mode === 'wrap') {
    const period = n - 1
    return x < 0 ? x + period * (Math.trunc(-x / period) + 1) : x - period * Math.trunc(x / period)
  }
  const period = 2 * n
  const forward = x < 0 ? -x - 1 : x
  const within = forward - period * Math.trunc(forward / period)
  const folded = within >= n ? period - within - 1 : within
  return folded < 0 ? 0 : folded > n - 1 ? n - 1 : folded
}

/** Mirrors done while warping, after the affine: Keras flips its result. */
export interface Mirror {
  flipHorizontal: boolean
  flipVertical: boolean
}

const unmirrored: Mirror = { flipHorizontal: false, flipVertical: false }

/**
 * Warps one planar image at `source[from]` to `target[to]`, bilinear, and mirrors the result; no allocation. A
 * Uint8Array target gets the nearest grey level. Coordinates are computed with SciPy's own order of operations, so
 * that a pixel exactly on a border falls on the same side.
 */
export function warp(
  source: Uint8Array | Float32Array,
  from: number,
  target: Uint8Array | Float32Array,
  to: number,
  shape: readonly [number, number, number],
  matrix: Float64Array,
  fillMode: FillMode,
  cval: number,
  { flipHorizontal, flipVertical }: Mirror = unmirrored,
): void {
  const [channels, height, width] = shape
  const area = height * width
  const rr = matrix[0]!
  const rc = matrix[1]!
  const r0 = matrix[2]!
  const cr = matrix[3]!
  const cc = matrix[4]!
  const c0 = matrix[5]!
  const lastRow = height - 1
  const lastColumn = width - 1
  // A byte store cuts: half a level makes that rounding.
  const half = target instanceof Uint8Array ? 0.5 : 0
  const step = flipHorizontal ? -1 : 1
  const end = channels * area
  for (let row = 0; row < height; row++) {
    const rowPart = row * rr
    const columnPart = row * cr
    let out = to + (flipVertical ? lastRow - row : row) * width + (flipHorizontal ? lastColumn : 0)
    for (let column = 0; column < width; column++, out += step) {
      let y = rowPart + column * rc + r0
      let x = columnPart + column * cc + c0
      if (!(y >= 0 && y <= lastRow)) y = foldCoordinate(y, height, fillMode)
      if (!(x >= 0 && x <= lastColumn)) x = foldCoordinate(x, width, fillMode)
      // NaN, in either, is the mark of the constant.
      if (Number.isNaN(x + y)) {
        for (let plane = 0; plane < end; plane += area) target[plane + out] = cval + half
        continue
      }
      // Not negative, so cutting is flooring; the last row and column have themselves for a neighbour.
      const top = y | 0
      const left = x | 0
      const fy = y - top
      const fx = x - left
      const w11 = fy * fx
      const w10 = fy - w11
      const w01 = fx - w11
      const w00 = 1 - fy - w01
      const upperLeft = from + top * width + left
      const right = left < lastColumn ? 1 : 0
      const down = top < lastRow ? width : 0
      for (let plane = 0; plane < end; plane += area) {
        const at = plane + upperLeft
        target[plane + out] =
          source[at]! * w00 +
          source[at + right]! * w01 +
          source[at + down]! * w10 +
          source[at + down + right]! * w11 +
          half
      }
    }
  }
}

/**
 * One affine transform of one planar image [C, H, W], as Keras 3 `apply_affine_transform` with interpolation_order 1
 * on the same parameters. Returns float32, not rounded: within float32 precision of Keras' own result. A pipeline that
 * stays 8-bit rounds this to the nearest grey level, and so differs from Keras' float result by at most half a level.
 */
export function applyAffine(
  pixels: Uint8Array | Float32Array,
  shape: readonly [number, number, number],
  parameters: AffineParameters,
  fillMode: FillMode = 'nearest',
  cval = 0,
): Float32Array {
  const size = shape[0] * shape[1] * shape[2]
  if (pixels.length !== size)
    throw new UsageError({
      where: 'applyAffine',
      expected: `${size} values for [${shape.join(', ')}]`,
      received: `${pixels.length}`,
    })
  // Keras skips the resampling altogether when nothing moves.
  if (isIdentity(parameters)) return Float32Array.from(pixels)
  const target = new Float32Array(size)
  const matrix = new Float64Array(6)
  affineMatrix(parameters, shape[1], shape[2], matrix)
  warp(pixels, 0, target, 0, shape, matrix, fillMode, cval)
  return target
}
