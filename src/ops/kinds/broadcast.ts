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

/** A reduced value with the folded `axes` of `x` there again as 1, so that it broadcasts against `x`. */
export const keepAxes = (reduced: Value, x: Value, axes: readonly number[]): Value =>
  reshape(
    reduced,
    x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)),
  )

/** The gradient of a reduction: `dy` (with or without the folded `axes`) spread over the shape of `x`. */
export const broadcastBack = (dy: Value, x: Value, axes: readonly number[]): Value =>
  expand(keepAxes(dy, x, axes), x.shape as number[])
