import type { Value } from '../../onnx/ir.js'
import { defineOp } from '../../onnx/operator.js'
import { NCHWC, notDifferentiated } from './vendor.js'

/** Blocked -> plain [N, channels, H, W], or [N, H, W, channels] with channels_last; drops padded channels. */
export const ReorderOutput = defineOp({
  name: 'ReorderOutput',
  domain: NCHWC,
  attributes: { channels: { type: 'int' }, channels_last: { type: 'int', default: 0 } },
  arity: [1, 1],
  infer({ types, attributes }) {
    const { dtype, shape } = types[0]!
    const [N, , H, W] = shape as number[]
    const C = attributes.channels as number
    return [{ dtype, shape: attributes.channels_last === 1 ? [N!, H!, W!, C] : [N!, C, H!, W!] }]
  },
  vjp: notDifferentiated,
})

export const reorderOutput = (x: Value, channels: number, channelsLast = false): Value =>
  x.graph.add(ReorderOutput, [x], { channels, channels_last: channelsLast ? 1 : 0 })
