import type { Value } from '../../onnx/ir.js'
import { batchNormalizationTraining } from '../../ops/batch-normalization-training.js'
import { batchNormalizationTrainingGrad } from '../../ops/batch-normalization-training-grad.js'
import { concat } from '../../ops/concat.js'
import { conv } from '../../ops/conv.js'
import { convGradInput } from '../../ops/conv-grad-input.js'
import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { div } from '../../ops/div.js'
import { operators } from '../../ops/index.js'
import { mul } from '../../ops/mul.js'
import { relu } from '../../ops/relu.js'
import { split } from '../../ops/split.js'
import { blockedImage, holdRule, threeByThree } from '../testing/rule-laws.js'
import { batchNormalizationChannels, batchNormalizationGradChannels } from './batch-normalization-channels.js'
import { concatBlocked, splitBlocked } from './concat-blocked.js'
import { convBlocked } from './conv-blocked.js'
import { convGradInputBlocked } from './conv-grad-input-blocked.js'
import { convGradWeightBlocked } from './conv-grad-weight-blocked.js'
import { pointwise } from './pointwise.js'

type Values = (...shape: number[]) => Value
const two = (v: Values, a: number, b: number): Value =>
  concat([blockedImage(v, 16, a, 4, 3), blockedImage(v, 16, b, 4, 3)], 1)
const kernel = 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv'
const narrow = 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv'

holdRule(concatBlocked, {
  with: [convBlocked],
  applies: [
    { what: 'full blocks', build: v => two(v, 16, 32), ops: `${kernel} ${kernel} Concat nchwc.ReorderOutput` },
    {
      what: 'a last block that is not full',
      build: v => two(v, 16, 12),
      ops: `${kernel} ${narrow} Concat nchwc.ReorderOutput`,
    },
    {
      what: 'a first block that is not full',
      build: v => two(v, 12, 24),
      ops: `${narrow} ${narrow} Concat nchwc.ReorderOutput Gather`,
    },
    {
      what: 'a plain image behind a blocked one',
      build: v => concat([blockedImage(v, 2, 16, 4, 3), v(2, 16, 4, 3)], 1),
      ops: `${kernel} nchwc.ReorderInput Concat nchwc.ReorderOutput`,
    },
    {
      what: 'what is concatenated already',
      build: v => concat([two(v, 12, 24), blockedImage(v, 16, 12, 4, 3)], 1),
      ops: `${narrow} ${narrow} Concat ${narrow} Concat nchwc.ReorderOutput Gather`,
    },
  ],
  refuses: [
    {
      what: 'rows',
      build: v => concat([v(2, 16, 4, 3), v(2, 16, 4, 3)], 2),
      reason: 'not a concatenation of channels',
    },
    {
      what: 'plain images',
      build: v => concat([v(2, 16, 4, 3), v(2, 16, 4, 3)], 1),
      reason: 'no operand is blocked',
    },
    {
      what: 'a plain image of few channels',
      build: v => concat([blockedImage(v, 2, 16, 4, 3), v(2, 3, 4, 3)], 1),
      reason: '3 channels do not fill blocks of 16',
    },
  ],
})

holdRule(splitBlocked, {
  with: [convBlocked, concatBlocked],
  applies: [
    {
      what: 'pieces of whole blocks',
      build: v => split(blockedImage(v, 2, 48, 4, 3), [16, 32], 1),
      ops: `${kernel} Split nchwc.ReorderOutput nchwc.ReorderOutput`,
    },
    {
      what: 'what was concatenated',
      build: v => split(two(v, 12, 24), [12, 24], 1),
      ops: `${narrow} ${narrow} Concat Split nchwc.ReorderOutput nchwc.ReorderOutput`,
    },
    {
      what: 'two parts as one piece',
      build: v => split(concat([two(v, 12, 24), blockedImage(v, 16, 12, 4, 3)], 1), [36, 12], 1),
      ops: `${narrow} ${narrow} Concat ${narrow} Concat Split nchwc.ReorderOutput Gather nchwc.ReorderOutput`,
    },
  ],
  refuses: [
    {
      what: 'a cut inside a block',
      build: v => split(blockedImage(v, 2, 48, 4, 3), [12, 36], 1),
      reason: 'a piece that begins inside a block',
    },
    {
      what: 'a piece of few channels',
      build: v => split(blockedImage(v, 2, 36, 4, 3), [32, 4], 1),
      reason: '4 channels do not fill blocks of 16',
    },
    { what: 'rows', build: v => split(v(2, 16, 4, 3), [1, 3], 2), reason: 'not a division of channels' },
    { what: 'a plain image', build: v => split(v(2, 32, 4, 3), [16, 16], 1), reason: 'x is not blocked' },
  ],
})

// What reads an image with gaps between its channels, and what makes one of another.
const pointwiseFacts = { ...threeByThree, kernel_shape: [1, 1] as [number, number], pads: [0, 0, 0, 0] as const }
const gapped = `${narrow} ${narrow} Concat`

holdRule(batchNormalizationChannels, {
  with: [convBlocked, concatBlocked],
  tolerance: 1e-5,
  applies: [
    {
      what: 'a concatenation with gaps and the ReLU after it',
      build: v => relu(batchNormalizationTraining(two(v, 12, 24), v(36), v(36))[0]),
      ops: `${gapped} Reshape ReduceSum Reshape ReduceSum Gather Mul Mul Pad Gather Reshape nchwc.Conv Reshape Reshape nchwc.Conv Reshape ReduceSum Gather Mul Add Sqrt Reciprocal Mul Pad Gather Pad Gather Reshape nchwc.Conv nchwc.ReorderOutput Gather`,
    },
  ],
  refuses: [],
})

holdRule(batchNormalizationGradChannels, {
  with: [convBlocked, concatBlocked, batchNormalizationChannels],
  tolerance: 1e-5,
  applies: [
    {
      what: 'a concatenation with gaps and a plain gradient',
      build(v) {
        const [x, weight] = [two(v, 12, 24), v(36)]
        const [y, mean, variance] = batchNormalizationTraining(x, weight, v(36))
        return [y, ...batchNormalizationTrainingGrad({ x, weight, mean, variance, dy: v(16, 36, 4, 3) })]
      },
      ops: `${gapped} Reshape ReduceSum Reshape ReduceSum Gather Mul Mul Pad Gather Reshape nchwc.Conv Reshape Reshape nchwc.Conv Reshape ReduceSum Gather Mul Add Sqrt Reciprocal Mul Pad Gather Pad Gather Reshape nchwc.Conv Add Sqrt Reciprocal Pad Gather nchwc.ReorderInput Reshape ReduceSum Reshape ReduceSum Gather Reshape Reshape nchwc.Conv Reshape ReduceSum Gather Mul Mul Mul Mul Mul Mul Pad Gather Pad Gather Reshape nchwc.Conv Pad Gather Reshape nchwc.Conv Mul nchwc.ReorderOutput Gather nchwc.ReorderOutput Gather`,
    },
  ],
  refuses: [],
})

holdRule(convGradInputBlocked, {
  with: [convBlocked, concatBlocked],
  applies: [
    {
      what: 'the kernel of a concatenation with gaps',
      build(v) {
        const w = v(16, 36, 1, 1)
        const y = conv(two(v, 12, 24), w)
        return [y, convGradInput(v(16, 16, 4, 3), w, { ...pointwiseFacts, input_shape: [4, 3] })]
      },
      ops: `${gapped} Pad Gather Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderInput Pad Gather Reshape Transpose Reshape Reshape nchwc.Conv nchwc.ReorderOutput nchwc.ReorderOutput Gather`,
    },
  ],
  refuses: [],
})

holdRule(convGradWeightBlocked, {
  with: [convBlocked, concatBlocked],
  applies: [
    {
      what: 'a concatenation with gaps, 1x1',
      build: v => convGradWeight(two(v, 12, 24), v(16, 16, 4, 3), pointwiseFacts),
      ops: `${gapped} nchwc.ReorderOutput Reshape nchwc.ReorderInput Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape Gather`,
    },
    {
      what: 'a concatenation with gaps, 3x3',
      build: v => convGradWeight(two(v, 12, 24), v(16, 16, 4, 3), threeByThree),
      ops: `${gapped} nchwc.Conv nchwc.ReorderOutput Reshape nchwc.ReorderInput Reshape nchwc.Conv Reshape ReduceSum Reshape Transpose Reshape Gather`,
    },
  ],
  refuses: [],
})

holdRule(pointwise(operators), {
  with: [convBlocked, concatBlocked],
  applies: [
    {
      what: 'two concatenations with the same gaps',
      build: v => mul(two(v, 12, 24), two(v, 12, 24)),
      ops: `${gapped} ${gapped} Mul nchwc.ReorderOutput Gather`,
    },
    {
      what: 'concatenations with other gaps',
      build: v => mul(two(v, 24, 12), two(v, 12, 24)),
      ops: `${gapped} ${gapped} nchwc.ReorderOutput Gather Pad Gather nchwc.ReorderInput Mul nchwc.ReorderOutput Gather`,
    },
  ],
  refuses: [
    {
      what: 'a quotient of images with gaps',
      build: v => div(two(v, 12, 24), two(v, 12, 24)),
      reason: 'zeros in added channels',
    },
  ],
})
