import type { Value } from '../../onnx/ir.js'
import { concat } from '../../ops/concat.js'
import { pad } from '../../ops/pad.js'
import { reshape } from '../../ops/reshape.js'

/** A blocked image with strides - 1 zeros after every pixel, and as many rows of them after every row. */
export function spread(image: Value, [down, across]: readonly [number, number], block: number): Value {
  if (down === 1 && across === 1) return image
  const [N, C, H, W] = image.shape as [number, number, number, number]
  const row = W * across * block
  const wide = pad(reshape(image, [(N * C * H * W) / block, block]), [0, 0, 0, (across - 1) * block])
  const high = pad(reshape(wide, [(N * C * H) / block, row]), [0, 0, 0, (down - 1) * row])
  return reshape(high, [N, C, H * down, W * across])
}

/**
 * Blocked images of one size laid between each other: pixel (h, w) of `images[i][j]` comes to row h · rows + i and
 * column w · columns + j, of `rows` by `columns` images.
 */
export function interleave(images: readonly (readonly Value[])[], block: number): Value {
  const [N, C, H, W] = images[0]![0]!.shape as [number, number, number, number]
  const [down, across] = [images.length, images[0]!.length]
  const flat = (parts: readonly Value[], shape: number[]) =>
    parts.map(part => reshape(part, shape)) as [Value, ...Value[]]
  const between = (parts: readonly Value[], outer: number, inner: number): Value =>
    parts.length === 1 ? parts[0]! : concat(flat(parts, [outer, 1, inner]), 1)
  const lines = images.map(row => between(row, (N * C * H * W) / block, block))
  return reshape(between(lines, (N * C * H) / block, W * across * block), [N, C, H * down, W * across])
}
