import { FoveaError } from '../../core/errors.js'
import { concrete, type Dim, formatShape } from '../../core/shape.js'
import type { AttributeSpec, Attributes } from '../../onnx/operator.js'

/** A sliding window over the rows and columns of an image, everything resolved; ONNX's attribute names. */
export interface Window {
  kernel_shape: readonly [number, number]
  strides: readonly [number, number]
  dilations: readonly [number, number]
  /** Top, left, bottom, right. */
  pads: readonly [number, number, number, number]
}

/** What a caller may say about a window, in the words of ONNX; the rest has the standard's defaults. */
export interface WindowOptions {
  strides?: readonly number[]
  dilations?: readonly number[]
  /** Top, left, bottom, right. */
  pads?: readonly number[]
  auto_pad?: 'NOTSET' | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID'
}

/** Attributes of the standard's window operators. `pads` has no default: a file may not hold both it and auto_pad. */
export const windowAttributes = {
  auto_pad: { type: 'string', default: 'NOTSET' },
  dilations: { type: 'ints', default: [1, 1] },
  kernel_shape: { type: 'ints', optional: true },
  pads: { type: 'ints', optional: true },
  strides: { type: 'ints', default: [1, 1] },
} as const satisfies Record<string, AttributeSpec>

/** Attributes of Fovea's gradient operators: a resolved window, nothing left to defaults. */
export const resolvedWindowAttributes = {
  dilations: { type: 'ints' },
  kernel_shape: { type: 'ints' },
  pads: { type: 'ints' },
  strides: { type: 'ints' },
} as const satisfies Record<string, AttributeSpec>

/** The window held by a gradient operator. */
export const heldWindow = ({ kernel_shape, strides, dilations, pads }: Attributes): Window =>
  ({ kernel_shape, strides, dilations, pads }) as unknown as Window

/** Cells from the first to the last that one window touches. */
export const reach = (window: Window, axis: 0 | 1): number =>
  (window.kernel_shape[axis] - 1) * window.dilations[axis] + 1

/** Height and width of [N, C, H, W]; other ranks are refused, as is an image of unknown size. */
export function imageOf(shape: readonly Dim[], where: string): [number, number] {
  if (shape.length !== 4)
    throw new FoveaError({
      where,
      expected: 'images of shape [N, C, H, W] (windows are two-dimensional here)',
      received: formatShape(shape),
      fix: 'give one-dimensional signals a height of 1',
    })
  return concrete(shape.slice(2), where) as [number, number]
}

/** The window that `attributes` mean on an image: auto_pad becomes pads, SAME as ONNX and Keras define it. */
export function resolveWindow(
  attributes: Attributes,
  image: readonly [number, number],
  kernel: readonly number[],
  where: string,
): Window {
  const pair = (name: 'strides' | 'dilations'): [number, number] => {
    const given = attributes[name] as readonly number[]
    if (given.length === 2 && given.every(n => Number.isInteger(n) && n >= 1)) return [given[0]!, given[1]!]
    throw new FoveaError({ where, expected: `two positive ${name}`, received: `[${given.join(', ')}]` })
  }
  const given = attributes.kernel_shape as readonly number[] | undefined
  if (kernel.length !== 2 || given?.some((size, i) => size !== kernel[i]))
    throw new FoveaError({
      where,
      expected: `a kernel_shape of ${formatShape(kernel)}`,
      received: formatShape(given ?? kernel),
    })
  const [strides, dilations] = [pair('strides'), pair('dilations')]
  const window: Window = { kernel_shape: [kernel[0]!, kernel[1]!], strides, dilations, pads: [0, 0, 0, 0] }
  return { ...window, pads: resolvePads(attributes, window, image, where) }
}

/**
 * The options with auto_pad said as pads: what the builders put into a graph. ONNX Runtime refuses auto_pad SAME on a
 * dilated convolution and gives a dilated pool another size than the standard says.
 */
export function withExplicitPads(options: WindowOptions, x: readonly Dim[], kernel: readonly number[]): Attributes {
  const { auto_pad = 'NOTSET', ...rest } = options
  if (auto_pad === 'NOTSET') return { ...rest }
  const where = `auto_pad ${auto_pad}`
  const attributes = { strides: [1, 1], dilations: [1, 1], ...options }
  return { ...rest, pads: resolveWindow(attributes, imageOf(x, where), kernel, where).pads }
}

function resolvePads(
  attributes: Attributes,
  window: Window,
  image: readonly [number, number],
  where: string,
): Window['pads'] {
  const pads = attributes.pads as readonly number[] | undefined
  const mode = attributes.auto_pad as string
  if (mode === 'NOTSET') {
    if (pads && (pads.length !== 4 || pads.some(n => !Number.isInteger(n) || n < 0)))
      throw new FoveaError({
        where,
        expected: 'pads [top, left, bottom, right] >= 0',
        received: `[${pads.join(', ')}]`,
      })
    return (pads ?? [0, 0, 0, 0]) as unknown as Window['pads']
  }
  if (pads) throw new FoveaError({ where, expected: 'either pads or auto_pad', received: `pads and auto_pad ${mode}` })
  if (mode === 'VALID') return [0, 0, 0, 0]
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER')
    throw new FoveaError({ where, expected: 'auto_pad NOTSET, SAME_UPPER, SAME_LOWER or VALID', received: mode })
  const sides = ([0, 1] as const).map(axis => {
    const stride = window.strides[axis]
    const last = (Math.ceil(image[axis] / stride) - 1) * stride
    const total = Math.max(last + reach(window, axis) - image[axis], 0)
    const less = Math.floor(total / 2)
    return mode === 'SAME_UPPER' ? [less, total - less] : [total - less, less]
  })
  return [sides[0]![0]!, sides[1]![0]!, sides[0]![1]!, sides[1]![1]!]
}

/** How many places the window takes in each direction. Never one that starts beyond the image (ceil mode). */
export function windowCount(
  window: Window,
  image: readonly [number, number],
  where: string,
  ceil = false,
): [number, number] {
  const counts = ([0, 1] as const).map(axis => {
    const stride = window.strides[axis]
    const room = image[axis] + window.pads[axis] + window.pads[axis + 2]! - reach(window, axis)
    const count = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1
    return ceil && (count - 1) * stride >= image[axis] + window.pads[axis] ? count - 1 : count
  })
  if (counts[0]! >= 1 && counts[1]! >= 1) return [counts[0]!, counts[1]!]
  throw new FoveaError({
    where,
    expected: `an image of at least the window's ${reach(window, 0)} x ${reach(window, 1)}`,
    received: `${image[0]} x ${image[1]}`,
    fix: 'use a smaller kernel, more padding, or fewer pooling steps before it',
  })
}

/**
 * Bottom and right padding with which the last window ends exactly at the padded edge. Negative: that many rows or
 * columns of the image are never touched.
 */
export function exactEnd(
  window: Window,
  image: readonly [number, number],
  counts: readonly [number, number],
): [number, number] {
  const end = (axis: 0 | 1): number =>
    (counts[axis] - 1) * window.strides[axis] + reach(window, axis) - image[axis] - window.pads[axis]
  return [end(0), end(1)]
}

/** True where the windows tile the image from its corner: no overlap, no gap, no padding. */
export const tiles = (window: Window, end: readonly [number, number]): boolean =>
  ([0, 1] as const).every(
    axis =>
      window.kernel_shape[axis] === window.strides[axis] &&
      window.dilations[axis] === 1 &&
      window.pads[axis] === 0 &&
      end[axis] <= 0,
  )

/** Calls `visit(window cell o, image cell h, tap i)` for every tap that falls inside the image, along one axis. */
function tapsOfAxis(window: Window, axis: 0 | 1, size: number, count: number): [number, number, number][] {
  const taps: [number, number, number][] = []
  for (let o = 0; o < count; o++)
    for (let i = 0; i < window.kernel_shape[axis]; i++) {
      const h = o * window.strides[axis] + i * window.dilations[axis] - window.pads[axis]
      if (h >= 0 && h < size) taps.push([o, h, i])
    }
  return taps
}

/** Visits every (output cell, image cell, kernel cell) that meet, as flat indices, in row-major order of the output. */
export function eachTap(
  window: Window,
  image: readonly [number, number],
  counts: readonly [number, number],
  visit: (output: number, cell: number, tap: number) => void,
): void {
  const rows = tapsOfAxis(window, 0, image[0], counts[0])
  const columns = tapsOfAxis(window, 1, image[1], counts[1])
  for (const [o, h, i] of rows)
    for (const [p, w, j] of columns) visit(o * counts[1] + p, h * image[1] + w, i * window.kernel_shape[1] + j)
}
