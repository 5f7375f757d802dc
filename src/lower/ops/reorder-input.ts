import type { Value } from '../../onnx/ir.js'
import { defineOp } from '../../onnx/operator.js'
import { NCHWC, notDifferentiated } from './vendor.js'

/** Plain [N, C, H, W] -> blocked. */
export const ReorderInput = defineOp({
  name: 'ReorderInput',
  domain: NCHWC,
  attributes: { channels_last: { type: 'int', default: 0 } },
  arity: [1, 1],
  infer: ({ types }) => [types[0]!],
  vjp: notDifferentiated,
})

export const reorderInput = (x: Value): Value => x.graph.add(ReorderInput, [x])
