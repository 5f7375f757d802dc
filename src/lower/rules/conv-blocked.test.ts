import { conv } from '../../ops/conv.js'
import { relu } from '../../ops/relu.js'
import { holdRule } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'

holdRule(convBlocked, {
  applies: [
    {
      what: 'an image of full blocks',
      build: v => conv(v(2, 32, 6, 5), v(16, 32, 3, 3), undefined, { pads: [1, 1, 1, 1] }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape Transpose Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'a plain image of few channels, with a bias and strides',
      build: v => conv(v(2, 3, 9, 8), v(32, 3, 3, 3), v(32), { strides: [2, 2], pads: [0, 1, 1, 0] }),
      ops: 'Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'channels and filters whose last block is not full',
      build: v => conv(v(2, 24, 6, 5), v(44, 24, 3, 3), v(44), { pads: [1, 1, 1, 1] }),
      ops: 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape Transpose Reshape Pad nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'a blocked image with less than a block of channels',
      build: v => conv(conv(v(2, 16, 4, 4), v(12, 16, 1, 1)), v(16, 12, 3, 3)),
      ops: 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv Pad Reshape nchwc.ReorderInput Reshape Transpose Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'a ReLU that alone reads it',
      build: v => relu(conv(v(2, 16, 5, 5), v(16, 16, 1, 3), v(16), { dilations: [1, 2] })),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape Transpose Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'a ReLU beside another reader, which it leaves outside',
      build: v => {
        const y = conv(v(2, 16, 5, 5), v(16, 16, 1, 1))
        return [relu(y), y]
      },
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput Relu',
    },
  ],
  refuses: [
    {
      what: 'groups',
      build: v => conv(v(1, 32, 4, 4), v(32, 16, 3, 3), undefined, { group: 2 }),
      reason: 'grouped convolution',
    },
    {
      what: 'filters that fill no block',
      build: v => conv(v(1, 16, 4, 4), v(20, 16, 3, 3)),
      reason: '20 channels do not fill blocks of 16',
    },
    {
      what: 'channels that fill no block',
      build: v => conv(v(1, 20, 4, 4), v(16, 20, 3, 3)),
      reason: '20 channels do not fill blocks of 16',
    },
  ],
})
