import type { Value } from '../../onnx/ir.js'
import { averagePool } from '../../ops/average-pool.js'
import { averagePoolGrad } from '../../ops/average-pool-grad.js'
import { conv } from '../../ops/conv.js'
import { maxPool } from '../../ops/max-pool.js'
import { holdRule } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'
import { averagePoolGradBlocked, poolingBlocked } from './pooling-blocked.js'

const blocked = (v: (...shape: number[]) => Value, H: number, W: number): Value => conv(v(2, 16, H, W), v(16, 16, 1, 1))
const window = { kernel_shape: [3, 2] as [number, number], strides: [2, 2] as [number, number] }

holdRule(poolingBlocked, {
  with: [convBlocked],
  applies: [
    {
      what: 'maxima with padding',
      build: v => maxPool(blocked(v, 7, 6), { ...window, pads: [1, 0, 1, 1] }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.MaxPool nchwc.ReorderOutput',
    },
    {
      what: 'maxima where the last block is not full',
      build: v => maxPool(conv(v(2, 16, 7, 6), v(24, 16, 1, 1)), window),
      ops: 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.MaxPool nchwc.ReorderOutput',
    },
    {
      what: 'means that do not count padding',
      build: v => averagePool(blocked(v, 7, 6), { ...window, pads: [1, 0, 1, 1] }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.AveragePool nchwc.ReorderOutput',
    },
    {
      what: 'means that do',
      build: v => averagePool(blocked(v, 7, 6), { ...window, pads: [1, 0, 1, 1], count_include_pad: 1 }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.AveragePool nchwc.ReorderOutput',
    },
  ],
  refuses: [{ what: 'a plain image', build: v => maxPool(v(1, 16, 4, 4), window), reason: 'x is not blocked' }],
})

const pairs = {
  kernel_shape: [2, 3] as [number, number],
  strides: [2, 3] as [number, number],
  pads: [0, 0, 0, 0] as [number, number, number, number],
  dilations: [1, 1] as [number, number],
  count_include_pad: 0,
}

holdRule(averagePoolGradBlocked, {
  with: [convBlocked],
  applies: [
    {
      what: 'windows that tile the image',
      build: v => averagePoolGrad(blocked(v, 4, 3), { ...pairs, input_shape: [8, 9] }),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv Mul nchwc.Upsample nchwc.ReorderOutput',
    },
  ],
  refuses: [
    {
      what: 'a row that no window reaches',
      build: v => averagePoolGrad(blocked(v, 4, 3), { ...pairs, input_shape: [9, 9] }),
      reason: 'windows that do not tile the image',
    },
    {
      what: 'windows that overlap',
      build: v => averagePoolGrad(blocked(v, 4, 3), { ...pairs, strides: [1, 1], input_shape: [5, 5] }),
      reason: 'windows that do not tile the image',
    },
    {
      what: 'a plain gradient',
      build: v => averagePoolGrad(v(2, 16, 4, 3), { ...pairs, input_shape: [8, 9] }),
      reason: 'dy is not blocked',
    },
  ],
})
