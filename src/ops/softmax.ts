import { normalizeAxis } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { alongAxis } from './kinds/lines.js'
import { mul } from './mul.js'
import { reduceSum } from './reduce-sum.js'
import { sub } from './sub.js'

/** y = exp(x) / Σ exp(x) along an axis.  dx = y · (dy - Σ dy · y) */
export const Softmax = defineOp({
  name: 'Softmax',
  domain: '',
  attributes: { axis: { type: 'int', default: -1 } },
  arity: [1, 1],
  infer({ types, attributes, where }) {
    normalizeAxis(attributes.axis as number, types[0]!.shape.length, where)
    return [types[0]!]
  },
  vjp({ node, inputs: [x], outputs: [y], attributes, gradients: [dy] }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, node.name)
    return [mul(y, sub(dy, reduceSum(mul(dy, y), [axis])))]
  },
  evaluate({ inputs: [x], attributes }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, 'Softmax')
    return [
      alongAxis(x, axis, line => {
        const largest = line.reduce((a, b) => Math.max(a, b))
        const powers = line.map(v => Math.exp(v - largest))
        const sum = powers.reduce((a, b) => a + b)
        return powers.map(v => v / sum)
      }),
    ]
  },
})

export const softmax = (x: Value, axis = -1): Value => x.graph.add(Softmax, [x], { axis })
