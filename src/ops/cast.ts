import { type DType, dtypeOfOnnxNumber, isFloating, onnxNumberOf } from '../core/dtype.js'
import { FoveaError } from '../core/errors.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'

/** y = x as another element type.  dx = dy as x's type, between floating types; none into an integer. */
export const Cast = defineOp({
  name: 'Cast',
  domain: '',
  attributes: { to: { type: 'int' } },
  arity: [1, 1],
  pointwise: true,
  infer({ types, attributes, where }) {
    const dtype = dtypeOfOnnxNumber(attributes.to as number)
    if (!dtype) throw new FoveaError({ where, expected: 'a known element type', received: `number ${attributes.to}` })
    return [{ dtype, shape: types[0]!.shape }]
  },
  vjp: ({ inputs: [x], gradients: [dy] }) => [
    isFloating(x.dtype) && isFloating(dy.dtype) ? cast(dy, x.dtype) : undefined,
  ],
  evaluate({ inputs: [x], attributes }) {
    const dtype = dtypeOfOnnxNumber(attributes.to as number)!
    const convert =
      dtype === 'bool' ? (v: number) => (v !== 0 ? 1 : 0) : isFloating(dtype) ? (v: number) => v : Math.trunc
    return [{ shape: x.shape, data: x.data.map(convert) }]
  },
})

export const cast = (x: Value, to: DType): Value =>
  x.dtype === to ? x : x.graph.add(Cast, [x], { to: onnxNumberOf(to) })
