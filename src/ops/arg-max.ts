import { concrete, normalizeAxis } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { reducedShape, reduceNumbers } from './kinds/reduction.js'

/** y = place of the largest along axis: the first of equal ones, or with select_last_index the last. */
export const ArgMax = defineOp({
  name: 'ArgMax',
  domain: '',
  attributes: {
    axis: { type: 'int', default: 0 },
    keepdims: { type: 'int', default: 1 },
    select_last_index: { type: 'int', default: 0 },
  },
  arity: [1, 1],
  infer({ types, attributes, where }) {
    const { shape } = types[0]!
    const axis = normalizeAxis(attributes.axis as number, shape.length, where)
    return [{ dtype: 'int64', shape: reducedShape(shape, [axis], attributes.keepdims === 1) }]
  },
  vjp: 'zero',
  evaluate({ inputs: [x], attributes, outputs }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, 'ArgMax')
    const place = (values: Float64Array): number => {
      const top = Math.max(...values)
      return attributes.select_last_index === 1 ? values.lastIndexOf(top) : values.indexOf(top)
    }
    return [reduceNumbers(x, [axis], concrete(outputs[0]!.shape, 'ArgMax'), place)]
  },
})

export const argMax = (x: Value, axis: number, keepdims = true): Value =>
  x.graph.add(ArgMax, [x], { axis, keepdims: keepdims ? 1 : 0 })
