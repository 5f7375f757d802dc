import { onnxNumberOf } from '../../../src/core/dtype.js'
import type { OpDefinition } from '../../../src/onnx/operator.js'
import { Abs } from '../../../src/ops/abs.js'
import { Add } from '../../../src/ops/add.js'
import { And } from '../../../src/ops/and.js'
import { Cast } from '../../../src/ops/cast.js'
import { Ceil } from '../../../src/ops/ceil.js'
import { Cos } from '../../../src/ops/cos.js'
import { Div } from '../../../src/ops/div.js'
import { Equal } from '../../../src/ops/equal.js'
import { Erf } from '../../../src/ops/erf.js'
import { Exp } from '../../../src/ops/exp.js'
import { Floor } from '../../../src/ops/floor.js'
import { Greater } from '../../../src/ops/greater.js'
import { GreaterOrEqual } from '../../../src/ops/greater-or-equal.js'
import { Identity } from '../../../src/ops/identity.js'
import { KeepMask } from '../../../src/ops/keep-mask.js'
import { Less } from '../../../src/ops/less.js'
import { LessOrEqual } from '../../../src/ops/less-or-equal.js'
import { Log } from '../../../src/ops/log.js'
import { Max } from '../../../src/ops/max.js'
import { Min } from '../../../src/ops/min.js'
import { Mul } from '../../../src/ops/mul.js'
import { Neg } from '../../../src/ops/neg.js'
import { Not } from '../../../src/ops/not.js'
import { Or } from '../../../src/ops/or.js'
import { Positive } from '../../../src/ops/positive.js'
import { Pow } from '../../../src/ops/pow.js'
import { Reciprocal } from '../../../src/ops/reciprocal.js'
import { Round } from '../../../src/ops/round.js'
import { Sign } from '../../../src/ops/sign.js'
import { Sin } from '../../../src/ops/sin.js'
import { Sqrt } from '../../../src/ops/sqrt.js'
import { Sub } from '../../../src/ops/sub.js'
import { Where } from '../../../src/ops/where.js'
import { type CaseInput, type OpCase, x } from './case.js'

type Range = readonly [number, number]
const above: Range = [0.5, 3]

const unary = (op: OpDefinition, options: { range?: Range; notDifferentiableAt?: number[] } = {}): OpCase => {
  const { range = [-2, 2], ...rest } = options
  return { op, title: 'a matrix', inputs: [{ shape: [3, 4], range }], batch: true, ...rest }
}

/** Every way two shapes can meet. */
const broadcasting = (op: OpDefinition, a: Partial<CaseInput> = {}, b: Partial<CaseInput> = {}): OpCase[] =>
  (
    [
      ['equal shapes', [2, 3], [2, 3]],
      ['a scalar on the right', [2, 3], []],
      ['a scalar on the left', [], [2, 3]],
      ['fewer axes', [2, 3, 2], [3, 2]],
      ['ones inside', [2, 1, 3], [1, 2, 3]],
      ['both ways, other ranks', [3, 1], [2, 1, 4]],
    ] as const
  ).map(([title, left, right]) => ({
    op,
    title,
    inputs: [
      { shape: left, ...a },
      { shape: right, ...b },
    ],
  }))

const few: Partial<CaseInput> = { dtype: 'int64', range: [0, 3] }
const flags: Partial<CaseInput> = { dtype: 'bool' }
const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, -0.3, 0.7]

export const cases: OpCase[] = [
  unary(Abs, { notDifferentiableAt: [0] }),
  unary(Ceil, { notDifferentiableAt: [-2, -1, 0, 1, 2] }),
  unary(Cos),
  unary(Erf),
  { op: Erf, title: 'far out', inputs: [{ shape: [6], values: [-7, -4.5, -3, 3, 4.5, 7] }] },
  unary(Exp),
  unary(Floor, { notDifferentiableAt: [-2, -1, 0, 1, 2] }),
  unary(Identity),
  unary(Log, { range: above }),
  unary(Neg),
  unary(Positive, { notDifferentiableAt: [0] }),
  {
    op: Positive,
    title: 'zero is not positive',
    inputs: [{ shape: [3], dtype: 'float32', values: [-0, 0, 1e-30], constant: true }],
  },
  unary(Reciprocal, { range: above }),
  unary(Round, { notDifferentiableAt: [-1.5, -0.5, 0.5, 1.5] }),
  { op: Round, title: 'halves to even', inputs: [{ shape: [8], values: halves, constant: true }] },
  unary(Sign, { notDifferentiableAt: [0] }),
  unary(Sin),
  unary(Sqrt, { range: above }),
  { op: Not, title: 'booleans', inputs: [{ shape: [5], dtype: 'bool' }], batch: true },
  {
    op: KeepMask,
    title: 'bytes',
    inputs: [{ shape: [40], dtype: 'uint8', range: [0, 256] }],
    attributes: { dropped: 51 },
  },

  ...broadcasting(Add),
  ...broadcasting(Sub),
  ...broadcasting(Mul),
  ...broadcasting(Div, {}, { range: above }),
  { op: Add, title: 'a batch and a bias', inputs: [x(2, 3), x(3)], batch: true },
  {
    op: Div,
    title: 'integers',
    inputs: [
      { shape: [4], dtype: 'int64', values: [7, -7, 9, 1] },
      { shape: [], dtype: 'int64', values: [2] },
    ],
  },
  ...broadcasting(Pow, { range: above }),
  {
    op: Pow,
    title: 'a constant square, of negative numbers',
    inputs: [x(2, 3), { shape: [], values: [2], constant: true }],
    batch: true,
  },
  { op: Pow, title: 'a constant cube', inputs: [x(2, 3), { shape: [], values: [3], constant: true }] },
  {
    op: Pow,
    title: 'a constant root',
    inputs: [
      { shape: [4], range: above },
      { shape: [1], values: [0.5], constant: true },
    ],
  },
  { op: Pow, title: 'an integer exponent', inputs: [x(4), { shape: [4], dtype: 'int64', values: [0, 1, 2, 3] }] },

  ...broadcasting(Max),
  ...broadcasting(Min),
  { op: Max, title: 'one operand', inputs: [x(2, 3)], batch: true },
  { op: Max, title: 'three operands', inputs: [x(2, 3), x(3), x(2, 1)], batch: false },
  { op: Min, title: 'three operands', inputs: [x(2, 3), x(3), x(2, 1)] },

  ...broadcasting(Equal, few, few),
  ...broadcasting(Greater),
  ...broadcasting(GreaterOrEqual, few, few),
  ...broadcasting(Less),
  ...broadcasting(LessOrEqual, few, few),
  ...broadcasting(And, flags, flags),
  ...broadcasting(Or, flags, flags),

  { op: Where, title: 'equal shapes', inputs: [{ shape: [2, 3], dtype: 'bool' }, x(2, 3), x(2, 3)], batch: true },
  { op: Where, title: 'all three broadcast', inputs: [{ shape: [2, 1, 1], dtype: 'bool' }, x(3, 1), x(1, 1, 4)] },
  { op: Where, title: 'a scalar choice', inputs: [{ shape: [2, 3], dtype: 'bool' }, x(), x(2, 3)] },

  { op: Cast, title: 'to float64', inputs: [x(2, 3)], attributes: { to: onnxNumberOf('float64') }, batch: true },
  {
    op: Cast,
    title: 'to int64',
    inputs: [x(2, 3)],
    attributes: { to: onnxNumberOf('int64') },
    notDifferentiableAt: [-1, 0, 1],
  },
  {
    op: Cast,
    title: 'from uint8',
    inputs: [{ shape: [6], dtype: 'uint8', range: [0, 256] }],
    attributes: { to: onnxNumberOf('float32') },
  },
  {
    op: Cast,
    title: 'from bool',
    inputs: [{ shape: [6], dtype: 'bool' }],
    attributes: { to: onnxNumberOf('float32') },
  },
]
