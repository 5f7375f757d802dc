import { float32, int64 } from '../../../src/core/tensor.js'
import { Concat } from '../../../src/ops/concat.js'
import { ConstantOfShape } from '../../../src/ops/constant-of-shape.js'
import { Expand } from '../../../src/ops/expand.js'
import { Flatten } from '../../../src/ops/flatten.js'
import { Gather } from '../../../src/ops/gather.js'
import { GatherElements } from '../../../src/ops/gather-elements.js'
import { Pad } from '../../../src/ops/pad.js'
import { Reshape } from '../../../src/ops/reshape.js'
import { ScatterElements } from '../../../src/ops/scatter-elements.js'
import { Slice } from '../../../src/ops/slice.js'
import { Split } from '../../../src/ops/split.js'
import { Squeeze } from '../../../src/ops/squeeze.js'
import { Tile } from '../../../src/ops/tile.js'
import { Unsqueeze } from '../../../src/ops/unsqueeze.js'
import { type CaseInput, ints, type OpCase, x } from './case.js'

const END = 2 ** 31 - 1
/** Computed indices; `constant` ones come by `ints`. */
const indices = (shape: readonly number[], values: readonly number[]): CaseInput => ({ shape, dtype: 'int64', values })

const expanding: OpCase[] = [
  { op: Expand, title: 'an axis of size 1', inputs: [x(2, 1, 3), ints(2, 4, 3)] },
  { op: Expand, title: 'new axes', inputs: [x(3), ints(2, 2, 3)] },
  { op: Expand, title: 'a scalar', inputs: [x(), ints(2, 3)] },
  { op: Expand, title: 'to fewer than it has', inputs: [x(2, 3), ints(1)], batch: true },
  { op: Tile, title: 'two axes', inputs: [x(2, 3), ints(2, 3)] },
  { op: Tile, title: 'inside', inputs: [x(2, 2, 2), ints(1, 3, 1)], batch: true },
  { op: ConstantOfShape, title: 'zeros', inputs: [ints(2, 3)] },
  { op: ConstantOfShape, title: 'a number', inputs: [ints(4)], attributes: { value: float32([0.5]) } },
  { op: ConstantOfShape, title: 'an integer', inputs: [ints(4)], attributes: { value: int64([7]) } },
]

const reshaping: OpCase[] = [
  { op: Reshape, title: 'to fixed sizes', inputs: [x(2, 6), ints(3, 4)] },
  { op: Reshape, title: 'the rest by -1', inputs: [x(2, 2, 3), ints(-1, 6)], batch: true },
  { op: Reshape, title: 'an axis kept by 0', inputs: [x(2, 2, 3), ints(0, -1)], batch: true },
  { op: Flatten, title: 'the usual', inputs: [x(2, 3, 2)], batch: true },
  { op: Flatten, title: 'from the back', inputs: [x(2, 3, 2)], attributes: { axis: -1 } },
  { op: Flatten, title: 'to one row', inputs: [x(2, 3)], attributes: { axis: 0 } },
  { op: Squeeze, title: 'given axes', inputs: [x(2, 1, 3, 1), ints(1, -1)], batch: true },
  { op: Squeeze, title: 'all ones', inputs: [x(2, 1, 3, 1)], batch: true },
  { op: Unsqueeze, title: 'two axes', inputs: [x(2, 3), ints(1, -1)], batch: true },
  { op: Unsqueeze, title: 'out of order', inputs: [x(2, 3), ints(3, 0)] },
]

const joining: OpCase[] = [
  { op: Concat, title: 'channels', inputs: [x(2, 1, 2), x(2, 3, 2), x(2, 2, 2)], attributes: { axis: 1 }, batch: true },
  { op: Concat, title: 'the last axis', inputs: [x(2, 3), x(2, 1)], attributes: { axis: -1 } },
  { op: Concat, title: 'one operand', inputs: [x(2, 3)], attributes: { axis: 0 }, batch: true },
  {
    op: Concat,
    title: 'with a constant',
    inputs: [x(2, 3), { shape: [2, 2], constant: true }, x(2, 1)],
    attributes: { axis: 1 },
  },
  { op: Split, title: 'sizes', inputs: [x(2, 6), ints(1, 3, 2)], attributes: { axis: 1 }, outputs: 3, batch: true },
  { op: Split, title: 'equal, a smaller last', inputs: [x(5, 2)], attributes: { axis: 0, num_outputs: 2 }, outputs: 2 },
]

const slice = (
  title: string,
  input: CaseInput,
  [starts, ends, axes, steps]: (readonly number[])[],
  batch = false,
): OpCase => ({
  op: Slice,
  title,
  inputs: [input, ints(...starts!), ints(...ends!), axes && ints(...axes), steps && ints(...steps)],
  batch,
})

const slicing: OpCase[] = [
  slice('a piece of two axes', x(4, 5), [
    [1, 2],
    [3, 4],
  ]),
  slice('from the back', x(2, 5), [[-4], [-1], [1]], true),
  slice('beyond the end', x(2, 5), [[2], [99], [-1]], true),
  slice(
    'the batch taken whole',
    x(2, 5),
    [
      [0, 1],
      [END, 3],
      [0, 1],
      [1, 1],
    ],
    true,
  ),
  slice('every second', x(2, 5), [[0], [END], [1], [2]], true),
  slice('every third, some left over', x(2, 8, 2), [[1], [END], [1], [3]], true),
  slice(
    'turned round',
    x(2, 3, 4),
    [
      [-1, -1],
      [-END, -END],
      [1, 2],
      [-1, -1],
    ],
    true,
  ),
  slice('backwards in steps', x(2, 7), [[5], [0], [1], [-2]], true),
  slice('backwards and forwards in steps', x(5, 6), [
    [-1, 1],
    [-END, END],
    [0, 1],
    [-2, 2],
  ]),
  slice('one element', x(2, 5), [[3], [4], [1], [2]], true),
]

const pad = (mode: string, title: string, input: CaseInput, pads: number[], batch = false): OpCase => ({
  op: Pad,
  title: `${mode}: ${title}`,
  inputs: [input, ints(...pads)],
  attributes: { mode },
  batch,
})

const padding: OpCase[] = [
  pad('constant', 'both sides', x(2, 3, 3), [0, 1, 2, 0, 0, 1], true),
  pad('constant', 'negative pads take away', x(2, 5), [0, -1, 0, 2], true),
  { op: Pad, title: 'a value and axes', inputs: [x(2, 3), ints(1, 2), x(), ints(-1)], batch: true },
  ...['reflect', 'edge', 'wrap'].flatMap(mode => [
    pad(mode, 'one axis', x(2, 4), [0, 2, 0, 1], true),
    pad(mode, 'two axes', x(1, 3, 4), [0, 2, 1, 0, 1, 3]),
    pad(mode, 'one side', x(2, 3), [0, 0, 0, 2], true),
  ]),
  pad('edge', 'further than the axis is long', x(2, 2), [0, 5, 0, 3]),
]

const lookingUp: OpCase[] = [
  { op: Gather, title: 'rows of a table, one twice', inputs: [x(4, 3), ints(2, 0, 2)] },
  { op: Gather, title: 'channels', inputs: [x(2, 3, 2), ints(2, 0)], attributes: { axis: 1 } },
  {
    op: Gather,
    title: 'computed, of two axes, from the back',
    inputs: [x(2, 3, 2), indices([2, 2], [-1, 0, 1, 1])],
    attributes: { axis: 1 },
  },
  {
    op: Gather,
    title: 'one element of the last axis',
    inputs: [x(2, 3), { ...indices([], [1]), constant: true }],
    attributes: { axis: -1 },
    batch: true,
  },
  { op: GatherElements, title: 'one per row', inputs: [x(3, 4), indices([3, 1], [2, 0, -1])], attributes: { axis: 1 } },
  { op: GatherElements, title: 'one place more than once', inputs: [x(3, 2), indices([2, 2], [1, 0, 1, 2])] },
  {
    op: ScatterElements,
    title: 'written',
    inputs: [x(2, 4), indices([2, 2], [1, 3, -1, 0]), x(2, 2)],
    attributes: { axis: 1 },
  },
  {
    op: ScatterElements,
    title: 'added, one place twice',
    inputs: [x(2, 4), indices([2, 2], [1, 1, 3, 0]), x(2, 2)],
    attributes: { axis: 1, reduction: 'add' },
  },
]

export const cases: OpCase[] = [...expanding, ...reshaping, ...joining, ...slicing, ...padding, ...lookingUp]
