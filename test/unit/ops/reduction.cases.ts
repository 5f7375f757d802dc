import type { OpDefinition } from '../../../src/onnx/operator.js'
import { ArgMax } from '../../../src/ops/arg-max.js'
import { ReduceL2 } from '../../../src/ops/reduce-l2.js'
import { ReduceLogSumExp } from '../../../src/ops/reduce-log-sum-exp.js'
import { ReduceMax } from '../../../src/ops/reduce-max.js'
import { ReduceMean } from '../../../src/ops/reduce-mean.js'
import { ReduceMin } from '../../../src/ops/reduce-min.js'
import { ReduceSum } from '../../../src/ops/reduce-sum.js'
import { ReduceSumSquare } from '../../../src/ops/reduce-sum-square.js'
import { ints, type OpCase, x } from './case.js'

const everyForm = (op: OpDefinition): OpCase[] => [
  { op, title: 'all axes', inputs: [x(2, 3)] },
  { op, title: 'all axes, to a scalar', inputs: [x(2, 3)], attributes: { keepdims: 0 } },
  { op, title: 'one axis kept', inputs: [x(2, 3, 2), ints(1)], batch: true },
  { op, title: 'one axis folded', inputs: [x(2, 3, 2), ints(1)], attributes: { keepdims: 0 }, batch: true },
  {
    op,
    title: 'spatial axes, from the back',
    inputs: [x(2, 2, 3, 2), ints(-1, -2)],
    attributes: { keepdims: 0 },
    batch: true,
  },
  { op, title: 'the batch axis', inputs: [x(4, 3), ints(0)], attributes: { keepdims: 0 } },
  { op, title: 'an axis of size 1', inputs: [x(2, 1, 3), ints(1)], attributes: { keepdims: 0 }, batch: true },
]

export const cases: OpCase[] = [
  ...[ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceL2, ReduceSumSquare, ReduceLogSumExp].flatMap(everyForm),
  {
    op: ReduceSum,
    title: 'no axes, as a no-op',
    inputs: [x(2, 3)],
    attributes: { noop_with_empty_axes: 1 },
    batch: true,
  },
  { op: ReduceLogSumExp, title: 'far out, without overflow', inputs: [{ shape: [2, 3], range: [80, 99] }, ints(1)] },

  { op: ArgMax, title: 'per row', inputs: [x(3, 5)], attributes: { axis: 1, keepdims: 0 }, batch: true },
  { op: ArgMax, title: 'per column, kept', inputs: [x(3, 5)], attributes: { axis: -2 } },
  { op: ArgMax, title: 'the first of equal ones', inputs: [{ shape: [4], values: [1, 3, 3, 2], constant: true }] },
  {
    op: ArgMax,
    title: 'the last of equal ones',
    inputs: [{ shape: [4], values: [1, 3, 3, 2], constant: true }],
    attributes: { select_last_index: 1 },
  },
]
