import type { Value, ValueType } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { convGradInput } from './conv-grad-input.js'
import { convGradWeight } from './conv-grad-weight.js'
import { checkBias, checkGroups, convWindow, eachProduct, filled } from './kinds/convolution.js'
import { imageOf, type WindowOptions, windowAttributes, windowCount, withExplicitPads } from './kinds/window.js'
import { reduceSum } from './reduce-sum.js'

/**
 * y = x * w + b (cross-correlation), x [N, C, H, W], w [K, C/group, kh, kw], b [K], y [N, K, Ho, Wo].
 * dx = ConvGradInput(dy, w), dw = ConvGradWeight(x, dy), db = Σ dy over images, rows and columns
 */
export const Conv = defineOp({
  name: 'Conv',
  domain: '',
  attributes: { ...windowAttributes, group: { type: 'int', default: 1 } },
  arity: [2, 3],
  infer({ types, attributes, where }) {
    const [x, w, b] = types as [ValueType, ValueType, ValueType?]
    const window = convWindow(attributes, x.shape, w.shape, where)
    checkGroups(x.shape[1]!, w.shape, attributes.group as number, where)
    checkBias(b?.shape, w.shape[0]!, where)
    return [
      { dtype: x.dtype, shape: [x.shape[0]!, w.shape[0]!, ...windowCount(window, imageOf(x.shape, where), where)] },
    ]
  },
  vjp({ node, inputs: [x, w], attributes, gradients: [dy], needs }) {
    const window = convWindow(attributes, x.shape, w.shape, node.name)
    const facts = { ...window, group: attributes.group as number }
    return [
      needs(0) ? convGradInput(dy, w, { ...facts, input_shape: imageOf(x.shape, node.name) }) : undefined,
      needs(1) ? convGradWeight(x, dy, facts) : undefined,
      needs(2) ? reduceSum(dy, [0, 2, 3], false) : undefined,
    ]
  },
  evaluate({ inputs: [x, w, b], attributes, outputs }) {
    const window = convWindow(attributes, x.shape, w.shape, 'Conv')
    const y = outputs[0]!.shape as number[]
    return filled(y, data => {
      const cells = y[2]! * y[3]!
      if (b) for (let i = 0; i < data.length; i++) data[i] = b.data[Math.floor(i / cells) % y[1]!]!
      eachProduct({ window, group: attributes.group as number, x: x.shape, w: w.shape, y }, (iy, ix, iw) => {
        data[iy]! += x.data[ix]! * w.data[iw]!
      })
    })
  },
})

export interface ConvOptions extends WindowOptions {
  group?: number
}

export const conv = (x: Value, w: Value, b?: Value, options: ConvOptions = {}): Value =>
  x.graph.add(Conv, b ? [x, w, b] : [x, w], withExplicitPads(options, x.shape, w.shape.slice(2) as number[]))
