import { convGradInput } from '../../ops/conv-grad-input.js'
import { holdRule, threeByThree } from '../testing/rule-laws.js'
import { convGradInputBlocked } from './conv-grad-input-blocked.js'

const facts = {
  ...threeByThree,
  input_shape: [6, 5] as [number, number],
}

holdRule(convGradInputBlocked, {
  applies: [
    {
      what: 'a 3x3 convolution with padding',
      build: v => convGradInput(v(2, 32, 6, 5), v(32, 16, 3, 3), facts),
      ops: 'nchwc.ReorderInput Slice Reshape Transpose Reshape nchwc.ReorderInput Reshape Transpose Reshape Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'channels whose last block is not full',
      build: v => convGradInput(v(2, 44, 6, 5), v(44, 24, 3, 3), facts),
      ops: 'nchwc.ReorderInput Slice Pad Reshape Transpose Reshape nchwc.ReorderInput Reshape Transpose Reshape Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'an uneven window, dilated, without padding',
      build: v =>
        convGradInput(v(2, 16, 6, 3), v(16, 16, 1, 2), {
          ...facts,
          kernel_shape: [1, 2],
          dilations: [1, 2],
          pads: [0, 0, 0, 0],
        }),
      ops: 'nchwc.ReorderInput Slice Reshape Transpose Reshape nchwc.ReorderInput Reshape Transpose Reshape Reshape nchwc.Conv nchwc.ReorderOutput',
    },
  ],
  refuses: [
    {
      what: 'groups',
      build: v => convGradInput(v(1, 32, 6, 5), v(32, 16, 3, 3), { ...facts, group: 2 }),
      reason: 'grouped convolution',
    },
    {
      what: 'strides',
      build: v => convGradInput(v(1, 16, 3, 3), v(16, 16, 3, 3), { ...facts, strides: [2, 2] }),
      reason: 'stride above 1',
    },
    {
      what: 'a first layer',
      build: v => convGradInput(v(1, 16, 6, 5), v(16, 3, 3, 3), facts),
      reason: '3 channels do not fill blocks of 16',
    },
    {
      what: 'padding beyond the kernel',
      build: v => convGradInput(v(1, 16, 10, 9), v(16, 16, 3, 3), { ...facts, pads: [3, 3, 3, 3] }),
      reason: 'padding beyond the reach of the kernel',
    },
  ],
})
