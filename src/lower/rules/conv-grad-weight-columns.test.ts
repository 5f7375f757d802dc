import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { holdRule, threeByThree } from '../testing/rule-laws.js'
import { convGradWeightColumns } from './conv-grad-weight-columns.js'

holdRule(convGradWeightColumns, {
  applies: [
    {
      what: 'a first layer',
      build: v => convGradWeight(v(3, 3, 6, 5), v(3, 20, 6, 5), threeByThree),
      ops: 'Pad Slice Slice Slice Slice Slice Slice Slice Slice Slice Concat Reshape Reshape Transpose MatMul Reshape ReduceSum Reshape Transpose',
    },
    {
      what: 'strides and uneven padding',
      build: v =>
        convGradWeight(v(2, 1, 9, 8), v(2, 16, 4, 4), { ...threeByThree, strides: [2, 2], pads: [0, 1, 0, 0] }),
      ops: 'Pad Slice Slice Slice Slice Slice Slice Slice Slice Slice Concat Reshape Reshape Transpose MatMul Reshape ReduceSum Reshape Transpose',
    },
    {
      what: 'dilation without padding',
      build: v =>
        convGradWeight(v(2, 2, 9, 8), v(2, 16, 3, 7), {
          ...threeByThree,
          kernel_shape: [2, 1],
          dilations: [6, 1],
          pads: [0, 0, 0, 0],
        }),
      ops: 'Slice Slice Concat Reshape Reshape Transpose MatMul Reshape ReduceSum Reshape Transpose',
    },
  ],
  refuses: [
    {
      what: 'groups',
      build: v => convGradWeight(v(1, 4, 6, 5), v(1, 16, 6, 5), { ...threeByThree, group: 4 }),
      reason: 'grouped convolution',
    },
    {
      what: 'many channels',
      build: v => convGradWeight(v(1, 16, 6, 5), v(1, 16, 6, 5), threeByThree),
      reason: 'a full block of channels',
    },
    {
      what: 'large windows',
      build: v =>
        convGradWeight(v(1, 3, 6, 5), v(1, 16, 6, 5), { ...threeByThree, kernel_shape: [5, 5], pads: [2, 2, 2, 2] }),
      reason: '75 taps are more than 64',
    },
  ],
})
