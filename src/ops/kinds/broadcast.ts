import { type Dim, sameShape } from '../../core/shape.js'
import type { Value } from '../../onnx/ir.js'
import { expand } from '../expand.js'
import { reduceSum } from '../reduce-sum.js'
import { reshape } from '../reshape.js'

/** Sums a gradient of broadcast shape back to the shape of the value that was broadcast. */
export function sumTo(gradient: Value, shape: readonly Dim[]): Value {
  if (sameShape(gradient.shape, shape)) return gradient
  const lead = gradient.shape.length - shape.length
  const axes = gradient.shape.flatMap((dim, i) => (i < lead || (shape[i - lead] === 1 && dim !== 1) ? [i] : []))
  const summed = axes.length ? reduceSum(gradient, axes, true) : gradient
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape as number[])
}

/** The gradient of a reduction: `dy` (with or without the folded `axes`) spread over the shape of `x`. */
export function broadcastBack(dy: Value, x: Value, axes: readonly number[]): Value {
  const withAxes = x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
  const kept = sameShape(dy.shape, withAxes) ? dy : reshape(dy, withAxes as number[])
  return expand(kept, x.shape as number[])
}
