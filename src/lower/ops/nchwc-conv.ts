import type { Value, ValueType } from '../../onnx/ir.js'
import { type Attributes, defineOp } from '../../onnx/operator.js'
import { convWindow } from '../../ops/kinds/convolution.js'
import { imageOf, type WindowOptions, windowAttributes, windowCount } from '../../ops/kinds/window.js'
import { NCHWC, notDifferentiated } from './vendor.js'

/**
 * Convolution on blocked images with blocked kernels; a first layer with fewer channels than a block takes its image
 * plain. Inputs: x, w, b?, sum? (added to the result before the activation). Undocumented but stable in ONNX Runtime:
 * its own optimizer writes this operator, with constant kernels; here the kernels are computed.
 */
export const NchwcConv = defineOp({
  name: 'Conv',
  domain: NCHWC,
  attributes: {
    ...windowAttributes,
    group: { type: 'int', default: 1 },
    activation: { type: 'string', optional: true },
    activation_params: { type: 'floats', optional: true },
  },
  arity: [2, 4],
  infer({ types, attributes, where }) {
    const [x, w] = types as [ValueType, ValueType]
    const window = convWindow(attributes, x.shape, w.shape, where)
    return [
      { dtype: x.dtype, shape: [x.shape[0]!, w.shape[0]!, ...windowCount(window, imageOf(x.shape, where), where)] },
    ]
  },
  vjp: notDifferentiated,
})

export interface NchwcConvOptions extends WindowOptions {
  kernel_shape?: readonly number[]
  bias?: Value | undefined
  /** Added to the result; needs a bias before it. */
  sum?: Value | undefined
  group?: number
  activation?: 'Relu' | 'Clip' | 'HardSigmoid' | 'LeakyRelu' | undefined
  activation_params?: readonly number[]
}

export function nchwcConv(x: Value, w: Value, { bias, sum, activation, ...window }: NchwcConvOptions): Value {
  const attributes: Attributes = { ...window, ...(activation ? { activation } : {}) }
  return x.graph.add(
    NchwcConv,
    [x, w, bias, sum].filter(input => input !== undefined),
    attributes,
  )
}
