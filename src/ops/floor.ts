import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { unary } from './kinds/elementwise.js'

/** y = the nearest whole number below */
export const Floor = defineOp(
  unary('Floor', {
    apply: Math.floor,
    vjp: 'zero',
  }),
)

export const floor = (x: Value): Value => x.graph.add(Floor, [x])
