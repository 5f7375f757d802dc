import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { blockedImage, holdRule, threeByThree } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'
import { convGradWeightRows } from './conv-grad-weight-rows.js'

holdRule(convGradWeightRows, {
  with: [convBlocked],
  applies: [
    {
      what: 'a blocked image',
      build: v => convGradWeight(blockedImage(v, 2, 16, 6, 5), v(2, 32, 6, 5), threeByThree),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv Reshape Reshape Reshape Conv Reshape ReduceSum Reshape Transpose',
    },
    {
      what: 'strides and uneven padding',
      build: v =>
        convGradWeight(blockedImage(v, 2, 32, 7, 6), v(2, 16, 4, 3), {
          ...threeByThree,
          strides: [2, 2],
          pads: [1, 0, 1, 1],
        }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput Reshape Reshape Conv Reshape ReduceSum Reshape Transpose',
    },
  ],
  refuses: [
    {
      what: 'a plain image',
      build: v => convGradWeight(v(2, 16, 6, 5), v(2, 16, 6, 5), threeByThree),
      reason: 'x is plain',
    },
    {
      what: 'groups',
      build: v => convGradWeight(blockedImage(v, 1, 16, 6, 5), v(1, 16, 6, 5), { ...threeByThree, group: 2 }),
      reason: 'grouped convolution',
    },
    {
      what: 'dilation',
      build: v => convGradWeight(blockedImage(v, 1, 16, 6, 5), v(1, 16, 4, 3), { ...threeByThree, dilations: [2, 2] }),
      reason: 'dilated convolution',
    },
    {
      what: 'an image that no window covers',
      build: v =>
        convGradWeight(blockedImage(v, 1, 16, 6, 6), v(1, 16, 2, 2), {
          ...threeByThree,
          strides: [2, 2],
          pads: [0, 0, 0, 0],
        }),
      reason: 'rows or columns that no window touches',
    },
    {
      what: 'partial gradients beyond a cache',
      build: v => convGradWeight(blockedImage(v, 64, 128, 3, 3), v(64, 128, 3, 3), threeByThree),
      reason: 'too many partial gradients',
    },
  ],
})
