import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { blockedImage, holdRule } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'
import { convGradWeightPointwise } from './conv-grad-weight-pointwise.js'

const facts = {
  kernel_shape: [1, 1] as [number, number],
  strides: [1, 1] as [number, number],
  dilations: [1, 1] as [number, number],
  pads: [0, 0, 0, 0] as [number, number, number, number],
  group: 1,
}

holdRule(convGradWeightPointwise, {
  with: [convBlocked],
  applies: [
    {
      what: 'many channels and few pixels',
      build: v => convGradWeight(blockedImage(v, 3, 32, 3, 2), v(3, 48, 3, 2), facts),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderOutput Transpose Reshape Transpose Reshape MatMul Reshape',
    },
    {
      what: 'strides, an odd image, channels that do not fill their block',
      build: v => convGradWeight(blockedImage(v, 3, 24, 5, 4), v(3, 20, 3, 2), { ...facts, strides: [2, 2] }),
      ops: 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.MaxPool nchwc.ReorderOutput Transpose Reshape Transpose Reshape MatMul Reshape',
    },
    {
      what: 'one stride above 1 only',
      build: v => convGradWeight(blockedImage(v, 2, 16, 2, 6), v(2, 16, 2, 2), { ...facts, strides: [1, 3] }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.MaxPool nchwc.ReorderOutput Transpose Reshape Transpose Reshape MatMul Reshape',
    },
  ],
  refuses: [
    {
      what: 'many pixels',
      build: v => convGradWeight(blockedImage(v, 1, 16, 4, 2), v(1, 16, 4, 2), facts),
      reason: 'gradients of single images are fewer numbers than the images',
    },
    { what: 'a plain image', build: v => convGradWeight(v(1, 32, 1, 2), v(1, 32, 1, 2), facts), reason: 'x is plain' },
    {
      what: 'groups',
      build: v => convGradWeight(blockedImage(v, 1, 32, 1, 2), v(1, 32, 1, 2), { ...facts, group: 2 }),
      reason: 'grouped convolution',
    },
    {
      what: 'strides of a plain image',
      build: v => convGradWeight(v(1, 32, 2, 4), v(1, 32, 1, 2), { ...facts, strides: [2, 2] }),
      reason: 'x is plain',
    },
    {
      what: 'windows',
      build: v => convGradWeight(blockedImage(v, 1, 32, 1, 3), v(1, 32, 1, 2), { ...facts, kernel_shape: [1, 2] }),
      reason: 'not 1x1',
    },
    {
      what: 'padding',
      build: v => convGradWeight(blockedImage(v, 1, 32, 1, 2), v(1, 32, 1, 3), { ...facts, pads: [0, 1, 0, 0] }),
      reason: 'not 1x1',
    },
  ],
})
