import type { Value } from '../onnx/ir.js'
import { abs } from '../ops/abs.js'
import { add } from '../ops/add.js'
import { mul, scale } from '../ops/mul.js'
import { reduceSum } from '../ops/reduce-sum.js'

/** A scalar added to the loss, from a parameter. As in Keras: l2(λ) adds λ Σ w² (not half of it). */
export type Regularizer = (parameter: Value) => Value

export const l1 =
  (strength: number): Regularizer =>
  w =>
    scale(reduceSum(abs(w), undefined, false), strength)

export const l2 =
  (strength: number): Regularizer =>
  w =>
    scale(reduceSum(mul(w, w), undefined, false), strength)

export const l1l2 =
  (first: number, second: number): Regularizer =>
  w =>
    add(l1(first)(w), l2(second)(w))
