import { describe, expect, it } from 'vitest'
import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { tensor } from '../core/tensor.js'
import { Graph, type Value } from '../onnx/ir.js'
import { verifyGraph } from '../onnx/verify.js'
import { batchNormalization } from '../ops/batch-normalization.js'
import { conv } from '../ops/conv.js'
import { evaluateGraph } from '../ops/evaluate-graph.js'
import { maxPool } from '../ops/max-pool.js'
import { relu } from '../ops/relu.js'
import { foldBatchNormalization } from './fold-batch-normalization.js'
import { opsOf } from './testing/rule-laws.js'

const CHANNELS = 3

interface Built {
  x: Value
  weights(name: string, shape: readonly number[], range?: readonly [number, number]): Value
  normalized(x: Value, name: string, gamma?: readonly [number, number]): Value
}

function graphOf(build: (parts: Built) => Value | Value[]): Graph {
  const graph = new Graph('normalised')
  const x = graph.input('x', 'float32', [2, CHANNELS, 6, 6])
  const weights: Built['weights'] = (name, shape, [low, high] = [-1, 1]) => {
    const stream = randomStream(5, name)
    const data = Float32Array.from({ length: sizeOf(shape) }, () => stream.uniform(low, high))
    return graph.initializer(name, tensor('float32', shape, data))
  }
  const normalized: Built['normalized'] = (value, name, gamma = [-1, 1]) => {
    const C = value.shape[1] as number
    return batchNormalization(
      value,
      weights(`${name}/gamma`, [C], gamma),
      weights(`${name}/beta`, [C]),
      weights(`${name}/mean`, [C]),
      weights(`${name}/variance`, [C], [0.1, 2]),
      { epsilon: 1e-3 },
    )
  }
  for (const output of [build({ x, weights, normalized })].flat()) graph.output(output)
  return graph
}

const image = {
  shape: [2, CHANNELS, 6, 6],
  data: Float64Array.from({ length: 2 * CHANNELS * 36 }, (_, i) => Math.sin(i * 1.7)),
}

/** The largest difference between the outputs of two graphs, in float64. */
function difference(before: Graph, after: Graph): number {
  const results = [before, verifyGraph(after)].map(graph => {
    const known = evaluateGraph(graph, { x: image })
    return graph.outputs.flatMap(output => Array.from(known.get(output)!.data))
  })
  expect(results[0]!.length).toBe(results[1]!.length)
  return Math.max(...results[0]!.map((value, i) => Math.abs(value - results[1]![i]!)))
}

describe('foldBatchNormalization', () => {
  it('folds into the convolution before it, with a bias and without', () => {
    const before = graphOf(({ x, weights, normalized }) => {
      const first = relu(normalized(conv(x, weights('a', [4, CHANNELS, 3, 3]), weights('bias', [4])), 'n1'))
      return normalized(conv(first, weights('b', [6, 2, 1, 1]), undefined, { group: 2 }), 'n2')
    })
    const after = foldBatchNormalization(before)
    expect(opsOf(after)).toBe('Conv Relu Conv')
    expect(difference(before, after)).toBeLessThan(1e-6)
  })

  it('passes max pooling only where every slope is positive', () => {
    const pooled = (gamma: readonly [number, number]): Graph =>
      graphOf(({ x, weights, normalized }) =>
        normalized(maxPool(conv(x, weights('a', [4, CHANNELS, 3, 3])), { kernel_shape: [2, 2] }), 'n', gamma),
      )
    const positive = pooled([0.1, 1])
    const after = foldBatchNormalization(positive)
    expect(opsOf(after)).toBe('Conv MaxPool')
    expect(difference(positive, after)).toBeLessThan(1e-6)
    expect(opsOf(foldBatchNormalization(pooled([-1, 1])))).toBe('Conv MaxPool BatchNormalization')
  })

  it('leaves a normalisation alone whose convolution is read elsewhere, or that follows none', () => {
    const read = graphOf(({ x, weights, normalized }) => {
      const y = conv(x, weights('a', [4, CHANNELS, 3, 3]))
      return [normalized(y, 'n'), relu(y)]
    })
    expect(opsOf(foldBatchNormalization(read))).toBe('Conv BatchNormalization Relu')
    const first = graphOf(({ x, normalized }) => normalized(x, 'n'))
    expect(opsOf(foldBatchNormalization(first))).toBe('BatchNormalization')
  })

  it('keeps weights that two views share in one place', () => {
    const before = graphOf(({ x, weights }) => {
      const w = weights('a', [4, CHANNELS, 3, 3])
      const shared = new Map<string, Value>()
      const once = (name: string): Value =>
        shared.get(name) ?? shared.set(name, weights(name, [4], [0.5, 1])).get(name)!
      const view = (value: Value): Value =>
        batchNormalization(
          conv(value, w),
          x.graph.initializer('gamma', tensor('float32', [4], Float32Array.of(1, 1, 1, 1))),
          once('beta'),
          once('mean'),
          once('variance'),
        )
      return [view(x), view(relu(x))]
    })
    const after = foldBatchNormalization(before)
    expect(opsOf(after)).toBe('Conv Relu Conv')
    expect([...after.initializers.keys()].map(({ name }) => name)).toEqual(['a', 'Conv/bias'])
    expect(difference(before, after)).toBeLessThan(1e-6)
  })

  it('would be seen if a shift were lost (planted)', () => {
    const before = graphOf(({ x, weights, normalized }) => normalized(conv(x, weights('a', [4, CHANNELS, 3, 3])), 'n'))
    const after = foldBatchNormalization(before)
    for (const [value, held] of after.initializers)
      if (held.shape.length === 1) after.initializers.set(value, tensor('float32', held.shape))
    expect(difference(before, after)).toBeGreaterThan(1e-2)
  })
})
