import { describe, expect, it } from 'vitest'
import { randomStream } from '../core/random.js'
import { type Tensor, tensor } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { verifyGraph } from '../onnx/verify.js'
import { add } from '../ops/add.js'
import { batchNormalization } from '../ops/batch-normalization.js'
import { conv } from '../ops/conv.js'
import { relu } from '../ops/relu.js'
import { foldBatchNormalization } from './fold-batch-normalization.js'
import { type Build, distance, graphOf, opsOf, outputsOf } from './testing/rule-laws.js'

const held = (name: string, shape: readonly number[], low = -1): Tensor => {
  const stream = randomStream(3, name)
  return tensor(
    'float32',
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.uniform(low, 1)),
  )
}
const weight = (x: Value, name: string, shape: readonly number[], low?: number): Value =>
  x.graph.initializer(name, held(name, shape, low))
const kernel = (x: Value): Value => weight(x, 'kernel', [4, 3, 3, 3])
const normalise = (x: Value, C = 4): Value =>
  batchNormalization(
    x,
    weight(x, 'gamma', [C]),
    weight(x, 'beta', [C]),
    weight(x, 'mean', [C]),
    weight(x, 'variance', [C], 0.1),
    {
      epsilon: 1e-3,
    },
  )

const cases: [string, Build, string][] = [
  ['into a convolution without bias', v => relu(normalise(conv(v(2, 3, 5, 5), kernel(v(1))))), 'Conv Relu'],
  [
    'into a convolution with bias',
    v => {
      const x = v(2, 3, 5, 5)
      return normalise(conv(x, kernel(x), weight(x, 'bias', [4])))
    },
    'Conv',
  ],
  [
    'into a grouped convolution',
    v => {
      const x = v(2, 4, 5, 5)
      return normalise(conv(x, weight(x, 'kernel', [4, 2, 3, 3]), undefined, { group: 2 }))
    },
    'Conv',
  ],
  ['into a factor and a summand where there is no convolution', v => relu(normalise(v(2, 4, 5, 5))), 'Mul Add Relu'],
  ['into a factor and a summand of features', v => normalise(v(3, 4)), 'Mul Add'],
  [
    'beside a convolution that is also read elsewhere',
    v => {
      const x = v(2, 3, 5, 5)
      const y = conv(x, kernel(x))
      return add(y, normalise(y))
    },
    'Conv Mul Add Add',
  ],
]

describe('fold-batch-normalization', () => {
  it.each(cases)('%s, to the same numbers', async (_, build, ops) => {
    const folded = verifyGraph(foldBatchNormalization(graphOf(build)))
    expect(opsOf(folded)).toBe(ops)
    const [before, after] = [await outputsOf(graphOf(build)), await outputsOf(folded)]
    expect(distance(before, after)).toBeLessThan(2e-6)
    after[0]![0]! += 0.1
    expect(distance(before, after)).toBeGreaterThan(2e-6)
  })

  it('leaves nothing of the old weights', () => {
    const folded = foldBatchNormalization(graphOf(cases[1]![1]))
    expect([...folded.initializers.keys()].map(value => value.name)).toEqual(['kernel/folded', 'bias/folded'])
  })

  it('keeps weights that two views share in one place, also where each view has its own scale of ones', () => {
    const folded = foldBatchNormalization(
      graphOf(v => {
        const x = v(2, 4, 5, 5)
        const [w, beta, mean] = [weight(x, 'kernel', [4, 4, 1, 1]), weight(x, 'beta', [4]), weight(x, 'mean', [4])]
        const variance = weight(x, 'variance', [4], 0.1)
        const view = (value: Value): Value => {
          const ones = x.graph.initializer('gamma', tensor('float32', [4], Float32Array.of(1, 1, 1, 1)))
          return batchNormalization(conv(value, w), ones, beta, mean, variance)
        }
        return add(view(x), view(relu(x)))
      }),
    )
    expect(opsOf(folded)).toBe('Conv Relu Conv Add')
    expect([...folded.initializers.keys()].map(value => value.name)).toEqual(['kernel/folded', 'Conv/bias/folded'])
  })

  it('leaves statistics that are no constants alone', () => {
    const build: Build = v => {
      const x = v(2, 4, 5, 5)
      return batchNormalization(x, v(4), v(4), v(4), v(4))
    }
    expect(opsOf(foldBatchNormalization(graphOf(build)))).toBe('BatchNormalization')
  })
})
