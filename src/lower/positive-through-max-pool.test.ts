import { describe, expect, it } from 'vitest'
import type { Value } from '../onnx/ir.js'
import { maxPool } from '../ops/max-pool.js'
import { maxPoolGrad } from '../ops/max-pool-grad.js'
import { mul } from '../ops/mul.js'
import { positive } from '../ops/positive.js'
import { relu } from '../ops/relu.js'
import { positiveThroughMaxPool } from './positive-through-max-pool.js'
import { type Build, distance, graphOf, opsOf, outputsOf } from './testing/rule-laws.js'

const window = { kernel_shape: [2, 2] as [number, number], strides: [2, 2] as [number, number] }
const held = {
  ...window,
  pads: [0, 0, 0, 0] as [number, number, number, number],
  dilations: [1, 1] as [number, number],
}
type Join = (gradient: Value, x: Value) => Value

/** The gradient behind a pooling of x, joined with something of x. */
const pooled =
  (join: Join, activation: (x: Value) => Value = relu): Build =>
  v => {
    const x = activation(v(2, 3, 6, 4))
    return join(maxPoolGrad(x, maxPool(x, window), v(2, 3, 3, 2), held), x)
  }

describe('positive-through-max-pool', () => {
  it.each<[string, Join]>([
    ['mask on the right', (gradient, x) => mul(gradient, positive(x))],
    ['mask on the left', (gradient, x) => mul(positive(x), gradient)],
  ])('%s: the pooled gradient is masked instead, to the same numbers', async (_, join) => {
    const [before, after] = [graphOf(pooled(join)), positiveThroughMaxPool(graphOf(pooled(join)))]
    const last = after.nodes.at(-1)!
    expect(last.op.name).toBe('MaxPoolGrad')
    expect(last.inputs[2]!.producer!.op.name).toBe('Mul')
    expect(last.inputs[2]!.producer!.inputs[1]!.shape).toEqual([2, 3, 3, 2])
    const numbers = await outputsOf(after)
    const expected = await outputsOf(before)
    expect(numbers).toEqual(expected)
    expect(expected[0]!.some(value => value !== 0)).toBe(true)
    numbers[0]!.fill(0)
    expect(distance(expected, numbers)).toBeGreaterThan(0.5)
  })

  it.each<[string, Build, string]>([
    [
      'a mask of another value',
      v => pooled(gradient => mul(gradient, positive(v(2, 3, 6, 4))))(v),
      'Relu MaxPool MaxPoolGrad Positive Mul',
    ],
    [
      'an image that is not rectified: its maxima may be negative',
      pooled(
        (gradient, x) => mul(gradient, positive(x)),
        x => mul(x, x),
      ),
      'Mul MaxPool MaxPoolGrad Positive Mul',
    ],
    ['no mask', pooled((gradient, x) => mul(gradient, x)), 'Relu MaxPool MaxPoolGrad Mul'],
  ])('%s: left alone', (_, build, ops) => {
    expect(opsOf(positiveThroughMaxPool(graphOf(build)))).toBe(ops)
  })
})
