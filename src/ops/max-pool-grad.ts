import { sizeOf } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { cast } from './cast.js'
import { conv } from './conv.js'
import { convTranspose } from './conv-transpose.js'
import { equal } from './equal.js'
import { constantLike } from './kinds/constant-like.js'
import { filled } from './kinds/convolution.js'
import { scalarLike } from './kinds/scalar-like.js'
import { eachTap, exactEnd, heldWindow, imageOf, resolvedWindowAttributes, tiles, type Window } from './kinds/window.js'
import { matMul } from './mat-mul.js'
import { mul } from './mul.js'
import { pad } from './pad.js'
import { relu } from './relu.js'
import { reshape } from './reshape.js'
import { crop } from './slice.js'
import { transpose } from './transpose.js'

/** Below every activation, and still a number of every element type: 0 · -Infinity would be NaN. */
const VERY_NEGATIVE = -(2 ** 127)

/**
 * The gradient of y = MaxPool(x): each window sends its dy to its first maximum in row-major order, as PyTorch does;
 * windows that overlap add up. Inputs x, y, dy.
 *
 * A composite, because its fast form differs by device and window. In standard operators: all taps of a window side by
 * side, e = [tap = y], of equal ones the first kept by relu(e - Σ earlier e), times dy, and back to their places.
 */
export const MaxPoolGrad = defineOp({
  name: 'MaxPoolGrad',
  domain: 'fovea',
  attributes: resolvedWindowAttributes,
  arity: [3, 3],
  infer: ({ types }) => [types[0]!],
  vjp: { unsupported: 'second derivatives of max pooling do not exist here; use average pooling' },
  evaluate({ inputs: [x, y, dy], attributes }) {
    const image = imageOf(x.shape, 'MaxPoolGrad')
    const counts = imageOf(y.shape, 'MaxPoolGrad')
    const found = new Uint8Array(y.data.length)
    return filled(x.shape, data => {
      for (let plane = 0; plane < x.shape[0]! * x.shape[1]!; plane++) {
        const [to, from] = [plane * image[0] * image[1], plane * counts[0] * counts[1]]
        eachTap(heldWindow(attributes), image, counts, (output, cell) => {
          if (found[from + output] || x.data[to + cell] !== y.data[from + output]) return
          found[from + output] = 1
          data[to + cell]! += dy.data[from + output]!
        })
      }
    })
  },
  expand({ attributes, name }, [x, y, dy]) {
    const window = heldWindow(attributes)
    const end = exactEnd(window, imageOf(x.shape, name), imageOf(y.shape, name))
    return [(tiles(window, end) ? tiled : overlapping)(x, y, dy, window, end)]
  },
})

/** [n, n], 1 on the diagonal, -1 where the row comes before the column: e · this = e - Σ earlier e. */
const firstOf = (x: Value, n: number, transposed: boolean): Value =>
  constantLike(
    x,
    Array.from({ length: n * n }, (_, flat) => {
      const [row, column] = [Math.floor(flat / n), flat % n]
      return row === column ? 1 : row < column === !transposed ? -1 : 0
    }),
    [n, n],
  )

/** Windows that tile the image: its taps are a matter of reshaping. */
function tiled(x: Value, y: Value, dy: Value, { kernel_shape: [kh, kw] }: Window, end: [number, number]): Value {
  const [N, C, Ho, Wo] = y.shape as [number, number, number, number]
  const split = reshape(crop(x, [0, 0, -end[0], -end[1]]), [N, C * Ho, kh, Wo, kw])
  const taps = reshape(transpose(split, [0, 1, 3, 2, 4]), [N, C, Ho, Wo, kh * kw])
  const largest = cast(equal(taps, reshape(y, [N, C, Ho, Wo, 1])), x.dtype)
  const first = relu(matMul(largest, firstOf(x, kh * kw, false)))
  const flow = reshape(mul(first, reshape(dy, [N, C, Ho, Wo, 1])), [N, C * Ho, Wo, kh, kw])
  const dx = reshape(transpose(flow, [0, 1, 3, 2, 4]), [N, C, Ho * kh, Wo * kw])
  return pad(dx, [0, 0, 0, 0, 0, 0, -end[0], -end[1]])
}

/** Any windows: a depthwise convolution with one-hot kernels fetches the taps, its transpose brings dy back. */
function overlapping(x: Value, y: Value, dy: Value, window: Window, end: [number, number]): Value {
  const [N, C, Ho, Wo] = y.shape as [number, number, number, number]
  const [kh, kw] = window.kernel_shape
  const k = kh * kw
  const oneHot = constantLike(x, oneHotKernels(C, k), [C * k, 1, kh, kw])
  const [top, left] = window.pads
  const beyond = [top, left, Math.max(end[0], 0), Math.max(end[1], 0)]
  const [bottom, right] = [-Math.min(end[0], 0), -Math.min(end[1], 0)]
  const value = scalarLike(x, x.dtype === 'float16' ? -65504 : VERY_NEGATIVE)
  const framed = pad(crop(x, [0, 0, bottom, right]), [0, 0, top, left, 0, 0, beyond[2]!, beyond[3]!], { value })
  const { strides, dilations } = window
  const taps = conv(framed, oneHot, undefined, { strides, dilations, group: C })
  const asTaps = (v: Value): Value => reshape(v, [N, C, 1, Ho * Wo])
  const largest = cast(equal(reshape(taps, [N, C, k, Ho * Wo]), asTaps(y)), x.dtype)
  const first = relu(matMul(firstOf(x, k, true), largest))
  const flow = reshape(mul(first, asTaps(dy)), [N, C * k, Ho, Wo])
  const back = convTranspose(flow, oneHot, undefined, { strides, dilations, group: C, pads: beyond })
  return pad(back, [0, 0, 0, 0, 0, 0, bottom, right])
}

/** For each channel one kernel per tap, 1 at that tap. */
function oneHotKernels(channels: number, k: number): Float64Array {
  const kernels = new Float64Array(sizeOf([channels, k, k]))
  for (let c = 0; c < channels; c++) for (let tap = 0; tap < k; tap++) kernels[(c * k + tap) * k + tap] = 1
  return kernels
}

export const maxPoolGrad = (x: Value, y: Value, dy: Value, window: Window): Value =>
  x.graph.add(MaxPoolGrad, [x, y, dy], { ...window })
