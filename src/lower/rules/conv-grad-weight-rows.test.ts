import type { Value } from '../../onnx/ir.js'
import { conv } from '../../ops/conv.js'
import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { holdRule } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'
import { convGradWeightRows } from './conv-grad-weight-rows.js'

const facts = {
  kernel_shape: [3, 3] as [number, number],
  strides: [1, 1] as [number, number],
  dilations: [1, 1] as [number, number],
  pads: [1, 1, 1, 1] as [number, number, number, number],
  group: 1,
}
/** An image that a convolution left in blocked order. */
const blocked = (v: (...shape: number[]) => Value, ...[N, C, H, W]: [number, number, number, number]): Value =>
  conv(v(N, 16, H, W), v(C, 16, 1, 1))

holdRule(convGradWeightRows, {
  with: [convBlocked],
  applies: [
    {
      what: 'a blocked image',
      build: v => convGradWeight(blocked(v, 2, 16, 6, 5), v(2, 32, 6, 5), facts),
      ops: 'nchwc.ReorderInput Reshape Transpose Reshape nchwc.Conv Reshape Reshape Reshape Conv Reshape ReduceSum Reshape Transpose',
    },
    {
      what: 'strides and uneven padding',
      build: v =>
        convGradWeight(blocked(v, 2, 32, 7, 6), v(2, 16, 4, 3), { ...facts, strides: [2, 2], pads: [1, 0, 1, 1] }),
      ops: 'nchwc.ReorderInput Reshape Transpose Reshape nchwc.Conv nchwc.ReorderOutput Reshape Reshape Conv Reshape ReduceSum Reshape Transpose',
    },
  ],
  refuses: [
    { what: 'a plain image', build: v => convGradWeight(v(2, 16, 6, 5), v(2, 16, 6, 5), facts), reason: 'x is plain' },
    {
      what: 'groups',
      build: v => convGradWeight(blocked(v, 1, 16, 6, 5), v(1, 16, 6, 5), { ...facts, group: 2 }),
      reason: 'grouped convolution',
    },
    {
      what: 'dilation',
      build: v => convGradWeight(blocked(v, 1, 16, 6, 5), v(1, 16, 4, 3), { ...facts, dilations: [2, 2] }),
      reason: 'dilated convolution',
    },
    {
      what: 'an image that no window covers',
      build: v =>
        convGradWeight(blocked(v, 1, 16, 6, 6), v(1, 16, 2, 2), { ...facts, strides: [2, 2], pads: [0, 0, 0, 0] }),
      reason: 'rows or columns that no window touches',
    },
    {
      what: 'partial gradients beyond a cache',
      build: v => convGradWeight(blocked(v, 64, 128, 3, 3), v(64, 128, 3, 3), facts),
      reason: 'too many partial gradients',
    },
  ],
})
