import { BatchNormalization } from '../../../src/ops/batch-normalization.js'
import { BatchNormalizationTraining } from '../../../src/ops/batch-normalization-training.js'
import { BatchNormalizationTrainingGrad } from '../../../src/ops/batch-normalization-training-grad.js'
import { LayerNormalization } from '../../../src/ops/layer-normalization.js'
import { LogSoftmax } from '../../../src/ops/log-softmax.js'
import { Softmax } from '../../../src/ops/softmax.js'
import { type CaseInput, type OpCase, x } from './case.js'

const variance = (C: number): CaseInput => ({ shape: [C], range: [0.1, 3] })

const shapes: readonly [string, number[]][] = [
  ['images', [4, 2, 3, 2]],
  ['signals', [4, 3, 5]],
  ['vectors', [6, 2]],
  ['one channel', [2, 1, 2, 3]],
]

const batchNormalization = shapes.flatMap(([title, shape]): OpCase[] => {
  const C = shape[1]!
  const attributes = { epsilon: 1e-3 }
  return [
    {
      op: BatchNormalization,
      title,
      inputs: [x(...shape), x(C), x(C), x(C), variance(C)],
      attributes,
      batch: true,
    },
    { op: BatchNormalizationTraining, title, inputs: [x(...shape), x(C), x(C)], outputs: 3, attributes },
    {
      op: BatchNormalizationTrainingGrad,
      title,
      inputs: [x(...shape), x(C), x(C), variance(C), x(...shape)],
      outputs: 3,
      attributes,
    },
  ]
})

const further: readonly OpCase[] = [
  { op: BatchNormalization, title: 'default epsilon', inputs: [x(2, 3, 2, 2), x(3), x(3), x(3), variance(3)] },
  {
    op: BatchNormalization,
    title: 'training mode',
    inputs: [x(3, 2, 2, 3), x(2), x(2), x(2), variance(2)],
    outputs: 3,
    attributes: { training_mode: 1, momentum: 0.75 },
    noRuntime: 'the CPU build of ONNX Runtime refuses training_mode 1',
  },
  { op: BatchNormalizationTraining, title: 'default epsilon', inputs: [x(3, 2, 2, 2), x(2), x(2)], outputs: 3 },
  {
    op: BatchNormalizationTraining,
    title: 'far from zero',
    inputs: [{ shape: [4, 2, 2, 2], range: [100, 101] }, x(2), x(2)],
    outputs: 3,
    attributes: { epsilon: 1e-3 },
    runtimeTolerance: 1e-3,
  },
]

const axes = [-1, 0, 1, 2]
const softmaxes = [Softmax, LogSoftmax].flatMap(op => [
  ...axes.map((axis): OpCase => ({ op, title: `axis ${axis}`, inputs: [x(3, 2, 4)], attributes: { axis } })),
  { op, title: 'default axis', inputs: [x(3, 5)], batch: true },
  { op, title: 'large numbers', inputs: [{ shape: [2, 4], range: [900, 910] as const }], runtimeTolerance: 1e-4 },
])

const layerNormalization: readonly OpCase[] = [
  { title: 'last axis', inputs: [x(2, 3, 4), x(4), x(4)], attributes: { epsilon: 1e-3 }, batch: true },
  { title: 'without b', inputs: [x(2, 3, 4), x(4)] },
  { title: 'two axes', inputs: [x(2, 3, 4), x(3, 4), x(3, 4)], attributes: { axis: 1 } },
  { title: 'negative axis', inputs: [x(2, 3, 4), x(3, 4), x(3, 4)], attributes: { axis: -2, epsilon: 1e-2 } },
  { title: 'with its statistics', inputs: [x(2, 2, 3), x(3), x(3)], outputs: 3 },
  { title: 'all axes', inputs: [x(2, 3), x(2, 3), x(2, 3)], attributes: { axis: 0 } },
].map(c => ({ op: LayerNormalization, ...c }))

export const cases: readonly OpCase[] = [...batchNormalization, ...further, ...softmaxes, ...layerNormalization]
