import type { Value } from '../../onnx/ir.js'
import { conv } from '../../ops/conv.js'
import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { holdRule } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'
import { convGradWeightBlocked } from './conv-grad-weight-blocked.js'

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

const both = 'nchwc.ReorderInput Reshape Transpose Reshape nchwc.Conv'
holdRule(convGradWeightBlocked, {
  with: [convBlocked],
  applies: [
    {
      what: 'one block of channels: its rows are there already',
      build: v => convGradWeight(blocked(v, 16, 16, 6, 5), blocked(v, 16, 16, 6, 5), facts),
      ops: `${both} ${both} nchwc.Conv Reshape Reshape Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape`,
    },
    {
      what: 'several blocks, and filters that do not fill theirs',
      build: v => convGradWeight(blocked(v, 16, 32, 5, 4), blocked(v, 16, 12, 5, 4), facts),
      ops: `${both} nchwc.ReorderInput Pad Reshape Transpose Reshape nchwc.Conv nchwc.Conv nchwc.ReorderOutput Reshape Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape Slice`,
    },
    {
      what: 'channels that do not fill their blocks, strides and uneven padding',
      build: v =>
        convGradWeight(blocked(v, 32, 24, 7, 6), blocked(v, 32, 16, 4, 3), {
          ...facts,
          strides: [2, 2],
          pads: [1, 0, 1, 1],
        }),
      ops: `nchwc.ReorderInput Pad Reshape Transpose Reshape nchwc.Conv ${both} nchwc.Conv nchwc.ReorderOutput Reshape Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape`,
    },
    {
      what: 'no padding',
      build: v => convGradWeight(blocked(v, 16, 16, 6, 5), blocked(v, 16, 16, 4, 3), { ...facts, pads: [0, 0, 0, 0] }),
      ops: `${both} ${both} Reshape Reshape Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape`,
    },
  ],
  refuses: [
    {
      what: 'a plain image',
      build: v => convGradWeight(v(16, 16, 6, 5), v(16, 16, 6, 5), facts),
      reason: 'x is not blocked',
    },
    {
      what: 'filters without a blocked form',
      build: v => convGradWeight(blocked(v, 16, 16, 6, 5), v(16, 10, 6, 5), facts),
      reason: '10 channels do not fill blocks of 16',
    },
    {
      what: 'images that the kernel cannot take for channels',
      build: v => convGradWeight(blocked(v, 20, 16, 6, 5), blocked(v, 20, 16, 6, 5), facts),
      reason: '20 images are no multiple of 16',
    },
    {
      what: 'groups',
      build: v => convGradWeight(blocked(v, 16, 16, 6, 5), blocked(v, 16, 16, 6, 5), { ...facts, group: 2 }),
      reason: 'grouped convolution',
    },
    {
      what: 'dilation',
      build: v => convGradWeight(blocked(v, 16, 16, 6, 5), blocked(v, 16, 16, 4, 3), { ...facts, dilations: [2, 2] }),
      reason: 'dilated convolution',
    },
    {
      what: 'an image that no window covers',
      build: v =>
        convGradWeight(blocked(v, 16, 16, 6, 6), blocked(v, 16, 16, 2, 2), {
          ...facts,
          strides: [2, 2],
          pads: [0, 0, 0, 0],
        }),
      reason: 'rows or columns that no window touches',
    },
    {
      what: 'partial gradients beyond a cache',
      build: v => convGradWeight(blocked(v, 64, 128, 3, 3), blocked(v, 64, 128, 3, 3), facts),
      reason: 'too many partial gradients',
    },
  ],
})
