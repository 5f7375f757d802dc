import { float32 } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { matMul } from '../ops/mat-mul.js'

/**
 * Images [N, C, H, W] at another size, each new pixel the mean of the area that it covers (box filter, OpenCV's
 * INTER_AREA): two matrix products with constant matrices. Meant for making images smaller.
 */
export function boxResize(x: Value, height: number, width: number): Value {
  const [H, W] = x.shape.slice(2) as [number, number]
  if (H === height && W === width) return x
  const across = matMul(x, x.graph.constant(float32(coverage(W, width).flat(), [W, width])))
  const rows = coverage(H, height)
  const down = Array.from({ length: height }, (_, i) => rows.map(row => row[i]!))
  return matMul(x.graph.constant(float32(down.flat(), [height, H])), across)
}

/** [from, to]: the share of each new pixel that an old one gives. */
function coverage(from: number, to: number): number[][] {
  const ratio = from / to
  return Array.from({ length: from }, (_, j) =>
    Array.from(
      { length: to },
      (_, i) => Math.max(0, Math.min((i + 1) * ratio, j + 1) - Math.max(i * ratio, j)) / ratio,
    ),
  )
}
