import { normalizeAxis, stridesOf } from '../../core/shape.js'
import type { Attributes, Numbers } from '../../onnx/operator.js'

/** The place of the scale that element i of `shape` has: 0 for a single one, else its position along the axis. */
export function indexAlong(shape: readonly number[], scale: Numbers, attributes: Attributes): (i: number) => number {
  if (scale.data.length === 1) return () => 0
  const axis = normalizeAxis(attributes.axis as number, shape.length, 'quantization')
  const stride = stridesOf(shape)[axis]!
  return i => Math.floor(i / stride) % shape[axis]!
}
