import { stridesOf } from '../../core/shape.js'
import type { Numbers } from '../../onnx/operator.js'

/** Applies `f` to every line of numbers along one axis; the line it returns takes the same places. */
export function alongAxis(x: Numbers, axis: number, f: (line: Float64Array) => Float64Array): Numbers {
  const length = x.shape[axis]!
  const stride = stridesOf(x.shape)[axis]!
  const data = new Float64Array(x.data.length)
  for (let start = 0; start < data.length; start++) {
    if (Math.floor(start / stride) % length !== 0) continue
    const line = f(Float64Array.from({ length }, (_, i) => x.data[start + i * stride]!))
    for (let i = 0; i < length; i++) data[start + i * stride] = line[i]!
  }
  return { shape: x.shape, data }
}
