import { conv } from '../../ops/conv.js'
import { convGradInput } from '../../ops/conv-grad-input.js'
import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { relu } from '../../ops/relu.js'
import { holdRule } from '../testing/rule-laws.js'
import { convDepthwise } from './conv-blocked.js'
import { convGradInputDepthwise } from './conv-grad-input-depthwise.js'
import { convGradWeightDepthwise } from './conv-grad-weight-depthwise.js'

type Pair = [number, number]
type Pads = [number, number, number, number]
const facts = {
  kernel_shape: [3, 3] as Pair,
  strides: [1, 1] as Pair,
  dilations: [1, 1] as Pair,
  pads: [1, 1, 1, 1] as Pads,
  group: 32,
}
const oneGroup = { what: 'one group', reason: 'one group' }
const twoGroups = { what: 'two groups', reason: '16 channels and 16 filters in 2 groups are not one of each' }
const partOfBlock = {
  what: 'channels that fill no block',
  reason: '20 channels do not fill blocks of 16',
}

holdRule(convDepthwise, {
  applies: [
    {
      what: 'a 3x3 convolution with padding',
      build: v => conv(v(2, 32, 6, 5), v(32, 1, 3, 3), undefined, { group: 32, pads: [1, 1, 1, 1] }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'an uneven window with a bias, strides and a ReLU that alone reads it',
      build: v => relu(conv(v(2, 16, 9, 8), v(16, 1, 5, 3), v(16), { group: 16, strides: [2, 3], pads: [2, 0, 1, 1] })),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'channels whose last block is not full, a bias',
      build: v => conv(v(2, 24, 6, 5), v(24, 1, 3, 3), v(24), { group: 24, pads: [1, 1, 1, 1] }),
      ops: 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape Pad nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'dilation',
      build: v => conv(v(1, 16, 7, 6), v(16, 1, 3, 3), undefined, { group: 16, dilations: [3, 2] }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput',
    },
  ],
  refuses: [
    { ...oneGroup, build: v => conv(v(1, 16, 4, 4), v(16, 16, 3, 3)) },
    { ...twoGroups, build: v => conv(v(1, 16, 4, 4), v(16, 8, 3, 3), undefined, { group: 2 }) },
    {
      what: 'two filters for every channel',
      build: v => conv(v(1, 16, 4, 4), v(32, 1, 3, 3), undefined, { group: 16 }),
      reason: '16 channels and 32 filters in 16 groups are not one of each',
    },
    { ...partOfBlock, build: v => conv(v(1, 20, 4, 4), v(20, 1, 3, 3), undefined, { group: 20 }) },
  ],
})

const spread =
  'nchwc.ReorderInput Reshape Pad Reshape Pad Reshape Slice Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput'
holdRule(convGradInputDepthwise, {
  applies: [
    {
      what: 'channels whose last block is not full',
      build: v => convGradInput(v(2, 24, 6, 5), v(24, 1, 3, 3), { ...facts, group: 24, input_shape: [6, 5] }),
      ops: 'nchwc.ReorderInput Pad Slice Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'a 3x3 convolution with padding',
      build: v => convGradInput(v(2, 32, 6, 5), v(32, 1, 3, 3), { ...facts, input_shape: [6, 5] }),
      ops: 'nchwc.ReorderInput Slice Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'stride 2 of an even image',
      build: v => convGradInput(v(2, 32, 3, 4), v(32, 1, 3, 3), { ...facts, strides: [2, 2], input_shape: [6, 8] }),
      ops: spread,
    },
    {
      what: 'stride 2 of an odd image',
      build: v => convGradInput(v(2, 32, 4, 3), v(32, 1, 3, 3), { ...facts, strides: [2, 2], input_shape: [7, 5] }),
      ops: spread,
    },
    {
      what: 'a 5x5 window, other strides, uneven padding',
      build: v =>
        convGradInput(v(2, 32, 3, 3), v(32, 1, 5, 5), {
          ...facts,
          kernel_shape: [5, 5],
          strides: [3, 2],
          pads: [2, 1, 1, 2],
          input_shape: [9, 6],
        }),
      ops: spread,
    },
    {
      what: 'one stride above 1 only',
      build: v => convGradInput(v(1, 32, 3, 5), v(32, 1, 3, 3), { ...facts, strides: [2, 1], input_shape: [5, 5] }),
      ops: 'nchwc.ReorderInput Reshape Reshape Pad Reshape Slice Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput',
    },
  ],
  refuses: [
    {
      ...oneGroup,
      build: v => convGradInput(v(1, 16, 4, 4), v(16, 16, 3, 3), { ...facts, group: 1, input_shape: [4, 4] }),
    },
    {
      ...twoGroups,
      build: v => convGradInput(v(1, 16, 4, 4), v(16, 8, 3, 3), { ...facts, group: 2, input_shape: [4, 4] }),
    },
    {
      ...partOfBlock,
      build: v => convGradInput(v(1, 20, 4, 4), v(20, 1, 3, 3), { ...facts, group: 20, input_shape: [4, 4] }),
    },
    {
      what: 'padding beyond the kernel',
      build: v => convGradInput(v(1, 32, 8, 8), v(32, 1, 3, 3), { ...facts, pads: [3, 3, 3, 3], input_shape: [4, 4] }),
      reason: 'padding beyond the reach of the kernel',
    },
  ],
})

const weight =
  'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape'
holdRule(convGradWeightDepthwise, {
  applies: [
    {
      what: 'a 3x3 convolution with padding',
      build: v => convGradWeight(v(3, 32, 6, 5), v(3, 32, 6, 5), facts),
      ops: weight,
    },
    {
      what: 'channels whose last block is not full',
      build: v => convGradWeight(v(3, 24, 6, 5), v(3, 24, 6, 5), { ...facts, group: 24 }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape Slice',
    },
    {
      what: 'stride 2 of an odd image',
      build: v => convGradWeight(v(3, 32, 7, 6), v(3, 32, 4, 3), { ...facts, strides: [2, 2] }),
      ops: weight,
    },
    {
      what: 'a 5x3 window, dilated, uneven padding',
      build: v =>
        convGradWeight(v(2, 32, 12, 7), v(2, 32, 7, 5), {
          ...facts,
          kernel_shape: [5, 3],
          dilations: [2, 1],
          pads: [2, 0, 1, 0],
        }),
      ops: weight,
    },
  ],
  refuses: [
    { ...oneGroup, build: v => convGradWeight(v(1, 16, 4, 4), v(1, 16, 4, 4), { ...facts, group: 1 }) },
    { ...twoGroups, build: v => convGradWeight(v(1, 16, 4, 4), v(1, 16, 4, 4), { ...facts, group: 2 }) },
    { ...partOfBlock, build: v => convGradWeight(v(1, 20, 4, 4), v(1, 20, 4, 4), { ...facts, group: 20 }) },
    {
      what: 'an image that no window covers',
      build: v => convGradWeight(v(1, 32, 6, 6), v(1, 32, 2, 2), { ...facts, strides: [2, 2], pads: [0, 0, 0, 0] }),
      reason: 'rows or columns that no window touches',
    },
  ],
})
