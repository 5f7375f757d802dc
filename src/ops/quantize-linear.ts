import { FoveaError } from '../core/errors.js'
import { type Dim, formatShape, normalizeAxis } from '../core/shape.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { type Attributes, defineOp, type InferContext } from '../onnx/operator.js'
import { filled } from './kinds/convolution.js'
import { indexAlong } from './kinds/quantization.js'
import { roundHalfToEven } from './round.js'

/** Least and greatest number of the types that 8-bit quantisation uses. */
const limits: Readonly<Record<string, readonly [number, number]>> = { uint8: [0, 255], int8: [-128, 127] }

/**
 * q = round(x / scale) + zero point, halves to even, cut to the type of the zero point (uint8 without one). Scale and
 * zero point are one number, or one for each place along `axis`. The derivative is zero wherever it exists: what trains
 * through a rounding says so by another operator (FakeQuantize).
 */
export const QuantizeLinear = defineOp({
  name: 'QuantizeLinear',
  domain: '',
  attributes: { axis: { type: 'int', default: 1 }, saturate: { type: 'int', default: 1 } },
  arity: [2, 3],
  infer(context) {
    const [x, , zeroPoint] = context.types as [ValueType, ValueType, ValueType?]
    const dtype = zeroPoint?.dtype ?? 'uint8'
    if (!(dtype in limits))
      throw new FoveaError({ where: context.where, expected: 'a zero point of uint8 or int8', received: dtype })
    checkScales(context)
    return [{ dtype, shape: x.shape }]
  },
  vjp: 'zero',
  evaluate({ inputs: [x, scale, zeroPoint], attributes, outputs }) {
    const [least, greatest] = limits[outputs[0]!.dtype]!
    const at = indexAlong(x.shape, scale, attributes)
    return filled(x.shape, data => {
      x.data.forEach((value, i) => {
        const q = roundHalfToEven(value / scale.data[at(i)]!) + (zeroPoint?.data[at(i)] ?? 0)
        data[i] = Math.min(Math.max(q, least), greatest)
      })
    })
  },
})

/** Scale and zero point of either operator: both one number, or both one for each place along the axis. */
export function checkScales({ types, attributes, where }: InferContext): void {
  const [x, scale, zeroPoint] = types as [ValueType, ValueType, ValueType?]
  const length: Dim | undefined =
    scale.shape.length === 1 ? x.shape[normalizeAxis(attributes.axis as number, x.shape.length, where)] : undefined
  if (scale.shape.length > 1 || (length !== undefined && scale.shape[0] !== 1 && scale.shape[0] !== length))
    throw new FoveaError({
      where,
      expected: `one scale, or one for each of ${formatShape(x.shape)} along axis ${attributes.axis}`,
      received: formatShape(scale.shape),
    })
  if (zeroPoint && formatShape(zeroPoint.shape) !== formatShape(scale.shape))
    throw new FoveaError({
      where,
      expected: `a zero point of shape ${formatShape(scale.shape)}, as the scale`,
      received: formatShape(zeroPoint.shape),
    })
}

export const quantizeLinear = (x: Value, scale: Value, zeroPoint: Value, attributes: Attributes = {}): Value =>
  x.graph.add(QuantizeLinear, [x, scale, zeroPoint], attributes)
