import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { extremumReductionGradient } from './kinds/extremum.js'
import { addReduction, reduction } from './kinds/reduction.js'

/** y = the smallest of x over axes.  dx = dy where x is it; equal ones share dy equally */
export const ReduceMin = defineOp(
  reduction('ReduceMin', {
    reduce: values => Math.min(...values),
    vjp: extremumReductionGradient,
  }),
)

export const reduceMin = (x: Value, axes?: readonly number[], keepdims = true): Value =>
  addReduction(ReduceMin, x, axes, keepdims)
