import { sizeOf, stridesOf } from '../../core/shape.js'
import type { Numbers } from '../../onnx/operator.js'

/** Calls `visit` with every index of `shape`, in row-major order. The index is reused: copy it to keep it. */
export function forEachIndex(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  const index = shape.map(() => 0)
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    visit(index, flat)
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++index[d]! < shape[d]!) break
      index[d] = 0
    }
  }
}

/** Place of `index` in the row-major data of `shape`. */
export const flatIndex = (shape: readonly number[], index: readonly number[]): number =>
  stridesOf(shape).reduce((flat, stride, d) => flat + stride * index[d]!, 0)

/** `index` with its number on `axis` replaced. */
export const withIndex = (index: readonly number[], axis: number, value: number): number[] =>
  index.map((i, d) => (d === axis ? value : i))

/** y[index] = x[source(index)]; `fill` where there is no source. The meaning of every operator that only moves numbers. */
export function rearrange(
  x: Numbers,
  shape: readonly number[],
  source: (index: readonly number[]) => readonly number[] | undefined,
  fill = 0,
): Numbers {
  const data = new Float64Array(sizeOf(shape))
  forEachIndex(shape, (index, flat) => {
    const from = source(index)
    data[flat] = from ? x.data[flatIndex(x.shape, from)]! : fill
  })
  return { shape, data }
}
