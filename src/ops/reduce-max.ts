import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { extremumReductionGradient } from './kinds/extremum.js'
import { addReduction, reduction } from './kinds/reduction.js'

/** y = the largest of x over axes.  dx = dy where x is it; equal ones share dy equally */
export const ReduceMax = defineOp(
  reduction('ReduceMax', {
    reduce: values => Math.max(...values),
    vjp: extremumReductionGradient,
  }),
)

export const reduceMax = (x: Value, axes?: readonly number[], keepdims = true): Value =>
  addReduction(ReduceMax, x, axes, keepdims)
