import { normalizeAxis, stridesOf } from '../../core/shape.js'
import type { Attributes, Numbers } from '../../onnx/operator.js'

/** The place of the scale that element i of `shape` has: 0 for a single one, else its position along the axis. */
export function indexAlong(shape: readonly number[], scale: Numbers, attributes: Attributes): (i: number) => number {
  if (scale.data.length === 1) return () => 0
  const axis = normalizeAxis(attributes.axis as number, shape.length, 'quantization')
  const stride = stridesOf(shape)[axis]!
  return i => Math.floor(i / stride) % shape[axis]!
}

/** How weights are quantised to 8 bits; all forms are symmetric. compress/quantize says what each is for. */
export const weightFormats = ['int8', 'int7', 'uint8'] as const
export type WeightFormat = (typeof weightFormats)[number]

/** The largest magnitude, in steps of the scale. */
export const largestStep: Readonly<Record<WeightFormat, number>> = { int8: 127, int7: 64, uint8: 127 }

/** Steps of 8 bits over a whole range. */
export const RANGE_STEPS = 255
/** No scale is smaller, so that what is 0 everywhere can be divided by it. */
export const LEAST_SCALE = 2 ** -100
