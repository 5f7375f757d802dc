import type { Node, Value } from '../../onnx/ir.js'
import { heldFacts } from '../../ops/kinds/convolution.js'
import { exactEnd, imageOf } from '../../ops/kinds/window.js'

/** A weight gradient as a convolution of x in which dy is the kernel: stride and dilation swapped, one group an image. */
export interface SlidingGradient {
  strides: readonly [number, number]
  kernel: readonly [kh: number, kw: number]
  /** Padding before rows and columns, and after them so that exactly the taps of the kernel come out. */
  start: readonly [number, number]
  end: readonly [number, number]
}

/** Numbers in all images' partial gradients together: 32 MB, the size of a large last-level cache. */
const LARGEST_PARTIALS = 2 ** 23

/** That form for a layer with so many filters in memory, or why it has none. */
export function slidingGradient({ inputs, attributes, name }: Node, filters: number): SlidingGradient | string {
  const [x, dy] = inputs as [Value, Value]
  const { group, strides, dilations, pads, kernel_shape } = heldFacts(attributes)
  if (group !== 1) return 'grouped convolution'
  if (dilations.some(d => d !== 1)) return 'dilated convolution'
  const [N, C, H, W] = x.shape as [number, number, number, number]
  const end = exactEnd({ strides, dilations, pads, kernel_shape }, [H, W], imageOf(dy.shape, name))
  if (end.some(e => e < 0)) return 'rows or columns that no window touches'
  const [kh, kw] = kernel_shape
  if (N * filters * C * kh * kw > LARGEST_PARTIALS) return 'too many partial gradients'
  return { strides, kernel: [kh, kw], start: [pads[0], pads[1]], end: [end[0], end[1]] }
}
