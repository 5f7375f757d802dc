import { sizeOf } from '../core/shape.js'
import { float32, type Tensor, toNumbers } from '../core/tensor.js'
import type { Graph, Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { knownInput } from './kinds/known-input.js'

/** y = one number (0 by default) everywhere in the shape given */
export const ConstantOfShape = defineOp({
  name: 'ConstantOfShape',
  domain: '',
  attributes: { value: { type: 'tensor', default: float32([0]) } },
  arity: [1, 1],
  infer: context => [
    {
      dtype: (context.attributes.value as Tensor).dtype,
      shape: toNumbers(knownInput(context, 0, 'the shape')),
    },
  ],
  vjp: 'zero',
  evaluate({ attributes, outputs }) {
    const shape = outputs[0]!.shape as number[]
    return [{ shape, data: new Float64Array(sizeOf(shape)).fill(toNumbers(attributes.value as Tensor)[0]!) }]
  },
})

/** `value` has one element; its type is the result's. */
export const constantOfShape = (graph: Graph, shape: readonly number[], value: Tensor = float32([0])): Value =>
  graph.add(ConstantOfShape, [graph.ints(shape)], { value })
