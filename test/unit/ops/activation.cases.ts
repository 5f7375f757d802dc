import type { OpDefinition } from '../../../src/onnx/operator.js'
import { Clip } from '../../../src/ops/clip.js'
import { Elu } from '../../../src/ops/elu.js'
import { Gelu } from '../../../src/ops/gelu.js'
import { HardSigmoid } from '../../../src/ops/hard-sigmoid.js'
import { HardSwish } from '../../../src/ops/hard-swish.js'
import { LeakyRelu } from '../../../src/ops/leaky-relu.js'
import { Mish } from '../../../src/ops/mish.js'
import { PRelu } from '../../../src/ops/p-relu.js'
import { Relu } from '../../../src/ops/relu.js'
import { Selu } from '../../../src/ops/selu.js'
import { Sigmoid } from '../../../src/ops/sigmoid.js'
import { Softplus } from '../../../src/ops/softplus.js'
import { Softsign } from '../../../src/ops/softsign.js'
import { Tanh } from '../../../src/ops/tanh.js'
import { type OpCase, x } from './case.js'

const smooth = (op: OpDefinition): OpCase[] => [
  { op, title: 'around zero', inputs: [x(3, 4)], batch: true },
  { op, title: 'far out, without overflow', inputs: [{ shape: [4], values: [-90, -20, 20, 90] }] },
]

const kinked = (op: OpDefinition, notDifferentiableAt: number[], attributes?: OpCase['attributes']): OpCase => ({
  op,
  title: attributes ? `attributes ${JSON.stringify(attributes)}` : 'defaults',
  inputs: [{ shape: [3, 5], range: [-5, 5] }],
  batch: true,
  notDifferentiableAt,
  ...(attributes ? { attributes } : {}),
})

const bound = (value: number, constant = true) => ({ shape: [], values: [value], constant })
const wide = { shape: [3, 5], range: [-9, 9] } as const

export const cases: OpCase[] = [
  ...[Sigmoid, Tanh, Softplus, Softsign, Mish, Gelu].flatMap(smooth),
  ...smooth(Gelu).map(c => ({ ...c, title: `tanh form, ${c.title}`, attributes: { approximate: 'tanh' } })),

  kinked(Relu, [0]),
  kinked(LeakyRelu, [0]),
  kinked(LeakyRelu, [0], { alpha: 0.25 }),
  kinked(Elu, [0]),
  kinked(Elu, [0], { alpha: 0.5 }),
  kinked(Elu, [0], { alpha: -1 }),
  kinked(Selu, [0]),
  kinked(HardSigmoid, [-2.5, 2.5]),
  kinked(HardSigmoid, [-1, 1], { alpha: 0.5, beta: 0.5 }),
  kinked(HardSwish, [-3, 3]),

  { op: Clip, title: 'ReLU6', inputs: [wide, bound(0), bound(6)], notDifferentiableAt: [0, 6], batch: true },
  { op: Clip, title: 'only from below', inputs: [wide, bound(-1)], notDifferentiableAt: [-1] },
  { op: Clip, title: 'only from above', inputs: [wide, undefined, bound(2)], notDifferentiableAt: [2] },
  { op: Clip, title: 'no bounds', inputs: [wide] },
  {
    op: Clip,
    title: 'computed bounds',
    inputs: [wide, bound(-1, false), bound(2, false)],
    notDifferentiableAt: [-1, 2],
  },

  { op: PRelu, title: 'one slope', inputs: [x(2, 3, 2), x(1)], notDifferentiableAt: [0], batch: true },
  {
    op: PRelu,
    title: 'a slope per channel',
    inputs: [x(2, 3, 2, 2), x(3, 1, 1)],
    notDifferentiableAt: [0],
    batch: true,
  },
]
