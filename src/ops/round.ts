import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'

/** Halves go to the even neighbour, as IEEE 754 and ONNX say; Math.round takes them up. */
export const roundHalfToEven = (x: number): number =>
  x - Math.floor(x) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)

/** y = the nearest whole number */
export const Round = defineOp(unary('Round', { apply: roundHalfToEven, vjp: 'zero' }))

export const round = (x: Value): Value => x.graph.add(Round, [x])
