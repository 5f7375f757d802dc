import { normalizeAxis } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { exp } from './exp.js'
import { alongAxis } from './kinds/lines.js'
import { mul } from './mul.js'
import { reduceSum } from './reduce-sum.js'
import { sub } from './sub.js'

/** y = x - log Σ exp(x) along an axis.  dx = dy - exp(y) · Σ dy */
export const LogSoftmax = defineOp({
  name: 'LogSoftmax',
  domain: '',
  attributes: { axis: { type: 'int', default: -1 } },
  arity: [1, 1],
  infer({ types, attributes, where }) {
    normalizeAxis(attributes.axis as number, types[0]!.shape.length, where)
    return [types[0]!]
  },
  vjp({ node, inputs: [x], outputs: [y], attributes, gradients: [dy] }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, node.name)
    return [sub(dy, mul(exp(y), reduceSum(dy, [axis])))]
  },
  evaluate({ inputs: [x], attributes }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, 'LogSoftmax')
    return [
      alongAxis(x, axis, line => {
        const largest = line.reduce((a, b) => Math.max(a, b))
        const sum = line.reduce((total, v) => total + Math.exp(v - largest), 0)
        return line.map(v => v - largest - Math.log(sum))
      }),
    ]
  },
})

export const logSoftmax = (x: Value, axis = -1): Value => x.graph.add(LogSoftmax, [x], { axis })
