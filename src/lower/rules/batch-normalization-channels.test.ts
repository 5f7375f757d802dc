import { batchNormalizationTraining } from '../../ops/batch-normalization-training.js'
import { clip } from '../../ops/clip.js'
import { conv } from '../../ops/conv.js'
import { relu } from '../../ops/relu.js'
import { holdRule } from '../testing/rule-laws.js'
import { batchNormalizationChannels } from './batch-normalization-channels.js'
import { convBlocked } from './conv-blocked.js'

const kernel = 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv'
const mean = 'Reshape ReduceSum Reshape ReduceSum Mul'
const statistics = `${mean} Mul Reshape nchwc.Conv Reshape Reshape nchwc.Conv Reshape ReduceSum Mul`

holdRule(batchNormalizationChannels, {
  with: [convBlocked],
  tolerance: 1e-5,
  applies: [
    {
      what: 'a blocked image',
      build: v => batchNormalizationTraining(conv(v(2, 16, 4, 3), v(16, 16, 1, 1)), v(16), v(16)),
      ops: `${kernel} ${statistics} Add Sqrt Reciprocal Mul Reshape nchwc.Conv nchwc.ReorderOutput`,
    },
    {
      what: 'a blocked image and the ReLU after it',
      build: v => relu(batchNormalizationTraining(conv(v(2, 16, 4, 3), v(16, 16, 1, 1)), v(16), v(16))[0]),
      ops: `${kernel} ${statistics} Add Sqrt Reciprocal Mul Reshape nchwc.Conv nchwc.ReorderOutput`,
    },
    {
      what: 'a blocked image and the clipping after it',
      build: v => clip(batchNormalizationTraining(conv(v(2, 16, 4, 3), v(16, 16, 1, 1)), v(16), v(16))[0], 0, 1),
      ops: `${kernel} ${statistics} Add Sqrt Reciprocal Mul Reshape nchwc.Conv nchwc.ReorderOutput`,
    },
    {
      what: 'a blocked image of one pixel',
      build: v => batchNormalizationTraining(conv(v(5, 16, 1, 1), v(16, 16, 1, 1)), v(16), v(16)),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv Reshape ReduceSum Mul Mul Reshape nchwc.Conv Reshape Reshape nchwc.Conv Reshape ReduceSum Mul Add Sqrt Reciprocal Mul Reshape nchwc.Conv nchwc.ReorderOutput',
    },
    {
      what: 'a blocked image whose last block is not full',
      build: v => batchNormalizationTraining(conv(v(2, 16, 4, 3), v(24, 16, 1, 1)), v(24), v(24)),
      ops: 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv Reshape ReduceSum Reshape ReduceSum Slice Mul Mul Pad Reshape nchwc.Conv Reshape Reshape nchwc.Conv Reshape ReduceSum Slice Mul Add Sqrt Reciprocal Mul Pad Pad Reshape nchwc.Conv nchwc.ReorderOutput',
    },
  ],
  refuses: [
    {
      what: 'a plain image',
      build: v => batchNormalizationTraining(v(2, 16, 4, 3), v(16), v(16)),
      reason: 'x is plain',
    },
  ],
})
