import { convGradInput } from '../../ops/conv-grad-input.js'
import { holdRule } from '../testing/rule-laws.js'
import { convGradInputStrided } from './conv-grad-input-strided.js'

const facts = {
  kernel_shape: [3, 3] as [number, number],
  strides: [2, 2] as [number, number],
  dilations: [1, 1] as [number, number],
  pads: [1, 1, 1, 1] as [number, number, number, number],
  group: 1,
  input_shape: [6, 10] as [number, number],
}
const one = {
  ...facts,
  kernel_shape: [1, 1] as [number, number],
  pads: [0, 0, 0, 0] as [number, number, number, number],
}

holdRule(convGradInputStrided, {
  applies: [
    {
      what: 'a 3x3 convolution of stride 2',
      build: v => convGradInput(v(2, 32, 3, 5), v(32, 16, 3, 3), facts),
      ops: `Reshape Transpose Reshape nchwc.ReorderInput Reshape Transpose Reshape nchwc.ReorderInput ${'Slice Reshape nchwc.Conv '.repeat(4)}Reshape Reshape Concat Reshape Reshape Concat Reshape Reshape Concat Reshape nchwc.ReorderOutput`,
    },
    {
      what: 'a 1x1 convolution of stride 2',
      build: v => convGradInput(v(2, 16, 3, 5), v(16, 32, 1, 1), one),
      ops: 'Reshape Transpose Reshape nchwc.ReorderInput Slice Reshape nchwc.Conv Reshape Pad Reshape Pad Reshape nchwc.ReorderOutput',
    },
    {
      what: 'channels whose last block is not full',
      build: v => convGradInput(v(2, 44, 3, 5), v(44, 24, 3, 3), facts),
      ops: `Pad Reshape Transpose Reshape nchwc.ReorderInput Reshape Transpose Reshape nchwc.ReorderInput ${'Slice Reshape nchwc.Conv '.repeat(4)}Reshape Reshape Concat Reshape Reshape Concat Reshape Reshape Concat Reshape nchwc.ReorderOutput`,
    },
    {
      what: 'a 7x5 convolution of strides 2 and 1',
      build: v =>
        convGradInput(v(1, 16, 4, 6), v(16, 16, 7, 5), {
          ...facts,
          kernel_shape: [7, 5],
          strides: [2, 1],
          pads: [3, 2, 3, 2],
          input_shape: [8, 6],
        }),
      ops: `Reshape Transpose Reshape nchwc.ReorderInput Reshape Transpose Reshape nchwc.ReorderInput ${'Slice Reshape nchwc.Conv '.repeat(2)}Reshape Reshape Concat Reshape nchwc.ReorderOutput`,
    },
  ],
  refuses: [
    {
      what: 'groups',
      build: v => convGradInput(v(1, 32, 3, 5), v(32, 16, 3, 3), { ...facts, group: 2 }),
      reason: 'grouped convolution',
    },
    {
      what: 'stride 1',
      build: v => convGradInput(v(1, 16, 6, 10), v(16, 16, 3, 3), { ...facts, strides: [1, 1] }),
      reason: 'stride 1',
    },
    {
      what: 'dilation',
      build: v => convGradInput(v(1, 16, 3, 5), v(16, 16, 3, 3), { ...facts, dilations: [2, 2], pads: [2, 2, 2, 2] }),
      reason: 'dilated convolution',
    },
    {
      what: 'a first layer',
      build: v => convGradInput(v(1, 16, 3, 5), v(16, 3, 3, 3), facts),
      reason: '3 channels do not fill blocks of 16',
    },
    {
      what: 'an odd image',
      build: v => convGradInput(v(1, 16, 3, 5), v(16, 16, 3, 3), { ...facts, input_shape: [5, 10] }),
      reason: '5 pixels are no multiple of the stride of 2',
    },
    {
      what: 'a stride beyond the kernel',
      build: v =>
        convGradInput(v(1, 16, 2, 3), v(16, 16, 2, 2), {
          ...facts,
          kernel_shape: [2, 2],
          strides: [4, 4],
          pads: [0, 0, 0, 0],
          input_shape: [8, 12],
        }),
      reason: 'pixels that no tap reaches',
    },
    {
      what: 'padding beyond the kernel',
      build: v =>
        convGradInput(v(1, 16, 5, 7), v(16, 16, 2, 2), {
          ...facts,
          kernel_shape: [2, 2],
          pads: [2, 2, 2, 2],
        }),
      reason: 'padding beyond the reach of the kernel',
    },
  ],
})
