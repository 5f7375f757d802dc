import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { blockedImage, holdRule, threeByThree } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'
import { convGradWeightBlocked } from './conv-grad-weight-blocked.js'

const both = 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv'
holdRule(convGradWeightBlocked, {
  with: [convBlocked],
  applies: [
    {
      what: 'one block of channels: its rows are there already',
      build: v => convGradWeight(blockedImage(v, 16, 16, 6, 5), blockedImage(v, 16, 16, 6, 5), threeByThree),
      ops: `${both} ${both} nchwc.Conv Reshape Reshape Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape`,
    },
    {
      what: 'several blocks, and filters that do not fill theirs',
      build: v => convGradWeight(blockedImage(v, 16, 32, 5, 4), blockedImage(v, 16, 12, 5, 4), threeByThree),
      ops: `${both} nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.Conv nchwc.ReorderOutput Reshape Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape Slice`,
    },
    {
      what: 'channels that do not fill their blocks, strides and uneven padding',
      build: v =>
        convGradWeight(blockedImage(v, 32, 24, 7, 6), blockedImage(v, 32, 16, 4, 3), {
          ...threeByThree,
          strides: [2, 2],
          pads: [1, 0, 1, 1],
        }),
      ops: `nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv ${both} nchwc.Conv nchwc.ReorderOutput Reshape Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape`,
    },
    {
      what: 'no padding',
      build: v =>
        convGradWeight(blockedImage(v, 16, 16, 6, 5), blockedImage(v, 16, 16, 4, 3), {
          ...threeByThree,
          pads: [0, 0, 0, 0],
        }),
      ops: `${both} ${both} Reshape Reshape Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape`,
    },
  ],
  refuses: [
    {
      what: 'a plain image',
      build: v => convGradWeight(v(16, 16, 6, 5), v(16, 16, 6, 5), threeByThree),
      reason: 'x is not blocked',
    },
    {
      what: 'filters without a blocked form',
      build: v => convGradWeight(blockedImage(v, 16, 16, 6, 5), v(16, 10, 6, 5), threeByThree),
      reason: '10 channels do not fill blocks of 16',
    },
    {
      what: 'images that the kernel cannot take for channels',
      build: v => convGradWeight(blockedImage(v, 20, 16, 6, 5), blockedImage(v, 20, 16, 6, 5), threeByThree),
      reason: '20 images are no multiple of 16',
    },
    {
      what: 'groups',
      build: v =>
        convGradWeight(blockedImage(v, 16, 16, 6, 5), blockedImage(v, 16, 16, 6, 5), { ...threeByThree, group: 2 }),
      reason: 'grouped convolution',
    },
    {
      what: 'dilation',
      build: v =>
        convGradWeight(blockedImage(v, 16, 16, 6, 5), blockedImage(v, 16, 16, 4, 3), {
          ...threeByThree,
          dilations: [2, 2],
        }),
      reason: 'dilated convolution',
    },
    {
      what: 'an image that no window covers',
      build: v =>
        convGradWeight(blockedImage(v, 16, 16, 6, 6), blockedImage(v, 16, 16, 2, 2), {
          ...threeByThree,
          strides: [2, 2],
          pads: [0, 0, 0, 0],
        }),
      reason: 'rows or columns that no window touches',
    },
    {
      what: 'partial gradients beyond a cache',
      build: v => convGradWeight(blockedImage(v, 64, 128, 3, 3), blockedImage(v, 64, 128, 3, 3), threeByThree),
      reason: 'too many partial gradients',
    },
  ],
})
