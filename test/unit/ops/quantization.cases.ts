import { defineOp } from '../../../src/onnx/operator.js'
import { DequantizeLinear } from '../../../src/ops/dequantize-linear.js'
import { FakeQuantize } from '../../../src/ops/fake-quantize.js'
import { QuantizeLinear } from '../../../src/ops/quantize-linear.js'
import { type CaseInput, type OpCase, x } from './case.js'

const constant = (values: readonly number[], shape: readonly number[] = [values.length]): CaseInput => ({
  shape,
  values,
  constant: true,
})
const fed = (values: readonly number[], shape: readonly number[] = [values.length]): CaseInput => ({ shape, values })
const uint8 = (values: readonly number[], shape?: readonly number[]): CaseInput => ({
  ...constant(values, shape),
  dtype: 'uint8',
})
const int8 = (values: readonly number[], shape?: readonly number[]): CaseInput => ({
  ...constant(values, shape),
  dtype: 'int8',
})
/** Powers of two: float32 and float64 divide by them alike, so that no rounding falls to different sides. */
const scales = [0.125, 0.03125, 0.0625]

/** Nothing rounded: the function that FakeQuantize gives the gradient of. */
const unrounded = defineOp({ ...FakeQuantize, evaluate: ({ inputs: [x] }) => [x] })

export const cases: readonly OpCase[] = [
  { op: FakeQuantize, gradientOf: unrounded, title: 'one scale', inputs: [x(3, 4), fed([0.125], [])], batch: true },
  {
    op: FakeQuantize,
    gradientOf: unrounded,
    title: 'a scale for each filter',
    inputs: [x(3, 2, 2, 2), fed(scales, [3, 1, 1, 1])],
  },
  {
    op: FakeQuantize,
    gradientOf: unrounded,
    title: 'halves to even',
    inputs: [fed([-0.75, -0.25, 0, 0.25, 0.75, 1.25]), constant([0.5], [])],
  },
  {
    op: QuantizeLinear,
    title: 'bytes without a zero point',
    inputs: [x(3, 4), constant([0.0078125], [])],
    batch: true,
  },
  {
    op: QuantizeLinear,
    title: 'a zero point, both ends cut',
    inputs: [{ shape: [3, 8], range: [-9, 9] }, constant([0.03125], []), uint8([120], [])],
    batch: true,
  },
  {
    op: QuantizeLinear,
    title: 'signed',
    inputs: [
      { shape: [9], values: [-2.2, -0.8, -0.1, 0.3, 0.7, 1.3, 1.6, 200, -200] },
      constant([0.5], []),
      int8([0], []),
    ],
  },
  {
    op: QuantizeLinear,
    title: 'a scale for each channel',
    inputs: [x(2, 3, 2, 2), constant(scales), uint8([0, 128, 7])],
    batch: true,
  },
  {
    op: QuantizeLinear,
    title: 'a scale along the last axis, counted from the back',
    inputs: [x(2, 3), constant(scales), int8([0, 3, -5])],
    attributes: { axis: -1 },
    batch: true,
  },
  {
    op: DequantizeLinear,
    title: 'bytes',
    inputs: [{ shape: [3, 5], dtype: 'uint8', range: [0, 256] }, fed([0.1], []), uint8([128], [])],
    batch: true,
  },
  {
    op: DequantizeLinear,
    title: 'signed weights, a scale for each row, no zero point',
    inputs: [{ shape: [3, 2, 2, 2], dtype: 'int8', range: [-128, 128] }, fed(scales)],
    attributes: { axis: 0 },
  },
  {
    op: DequantizeLinear,
    title: 'a bias of int32',
    inputs: [
      { shape: [3], dtype: 'int32', range: [-70_000, 70_000] },
      fed(scales),
      { shape: [3], dtype: 'int32', values: [0, 0, 0], constant: true },
    ],
    attributes: { axis: 0 },
  },
]
