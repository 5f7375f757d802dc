import { FoveaError } from '../core/errors.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { type Attributes, defineOp } from '../onnx/operator.js'
import { filled } from './kinds/convolution.js'
import { indexAlong } from './kinds/quantization.js'
import { checkScales } from './quantize-linear.js'

/** x = (q - zero point) · scale, of the scale's type; scale and zero point as in QuantizeLinear (int32: biases). */
export const DequantizeLinear = defineOp({
  name: 'DequantizeLinear',
  domain: '',
  attributes: { axis: { type: 'int', default: 1 } },
  arity: [2, 3],
  infer(context) {
    const [q, scale, zeroPoint] = context.types as [ValueType, ValueType, ValueType?]
    if (!['uint8', 'int8', 'int32'].includes(q.dtype) || (zeroPoint && zeroPoint.dtype !== q.dtype))
      throw new FoveaError({
        where: context.where,
        expected: 'uint8, int8 or int32, and a zero point of the same type',
        received: `${q.dtype}${zeroPoint ? ` and ${zeroPoint.dtype}` : ''}`,
      })
    checkScales(context)
    return [{ dtype: scale.dtype, shape: q.shape }]
  },
  vjp: { unsupported: 'a quantised graph is for inference: train the float network, or with fake quantisation' },
  evaluate({ inputs: [q, scale, zeroPoint], attributes }) {
    const at = indexAlong(q.shape, scale, attributes)
    return filled(q.shape, data => {
      q.data.forEach((value, i) => {
        data[i] = (value - (zeroPoint?.data[at(i)] ?? 0)) * scale.data[at(i)]!
      })
    })
  },
})

export const dequantizeLinear = (q: Value, scale: Value, zeroPoint?: Value, attributes: Attributes = {}): Value =>
  q.graph.add(DequantizeLinear, zeroPoint ? [q, scale, zeroPoint] : [q, scale], attributes)
