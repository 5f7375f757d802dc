import type { Window } from './window.js'

/**
 * How many cells each window averages over, [Ho · Wo]: those inside the image, or inside image and padding. Cells
 * beyond the padding, which only ceil mode reaches, never count (as in PyTorch and ONNX Runtime).
 */
export function averageCounts(
  window: Window,
  image: readonly [number, number],
  counts: readonly [number, number],
  includePad: boolean,
): Float64Array {
  const alongAxis = (axis: 0 | 1): number[] =>
    Array.from({ length: counts[axis] }, (_, o) => {
      const before = includePad ? window.pads[axis] : 0
      const after = includePad ? window.pads[axis + 2]! : 0
      let inside = 0
      for (let i = 0; i < window.kernel_shape[axis]; i++) {
        const cell = o * window.strides[axis] + i * window.dilations[axis] - window.pads[axis]
        if (cell >= -before && cell < image[axis] + after) inside++
      }
      return inside
    })
  const columns = alongAxis(1)
  return Float64Array.from(alongAxis(0).flatMap(rows => columns.map(n => rows * n)))
}
