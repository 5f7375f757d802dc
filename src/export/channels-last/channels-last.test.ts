import { describe, expect, it } from 'vitest'
import { tensor } from '../../core/tensor.js'
import { conv2d } from '../../nn/layers/conv2d.js'
import { dense } from '../../nn/layers/dense.js'
import { flatten } from '../../nn/layers/shape.js'
import { sequential } from '../../nn/network.js'
import { Graph, type Value } from '../../onnx/ir.js'
import { verifyGraph } from '../../onnx/verify.js'
import { add } from '../../ops/add.js'
import { AveragePool } from '../../ops/average-pool.js'
import { Conv } from '../../ops/conv.js'
import { convTranspose } from '../../ops/conv-transpose.js'
import { evaluateGraph } from '../../ops/evaluate-graph.js'
import { gemm } from '../../ops/gemm.js'
import { layerNormalization } from '../../ops/layer-normalization.js'
import { matMul } from '../../ops/mat-mul.js'
import { MaxPool } from '../../ops/max-pool.js'
import { mul, scale } from '../../ops/mul.js'
import { reduceMean } from '../../ops/reduce-mean.js'
import { relu } from '../../ops/relu.js'
import { reshape } from '../../ops/reshape.js'
import { reverse } from '../../ops/slice.js'
import { softmax } from '../../ops/softmax.js'
import { split } from '../../ops/split.js'
import { transpose } from '../../ops/transpose.js'
import { randomImages, randomInference, randomNetwork } from '../testing/random-networks.js'
import { permuted } from './constants.js'
import { channelsLast } from './index.js'
import { toChannelsLast } from './to-channels-last.js'

const turned = (images: { shape: readonly number[]; data: Float64Array }, perm: readonly number[]) => {
  const shape = images.shape
  const held = permuted(tensor('float64', shape, images.data), perm)
  return { shape: held.shape, data: held.data as Float64Array }
}

/** Largest difference between the two graphs' outputs, in parts of the largest number. */
function difference(original: Graph, last: Graph, shape: readonly number[]): number {
  const images = randomImages(shape)
  const expected = evaluateGraph(original, { images }).get(original.outputs[0]!)!
  const perm = shape.length === 4 ? [0, 2, 3, 1] : shape.map((_, i) => i)
  const actual = evaluateGraph(last, { images: turned(images, perm) }).get(last.outputs[0]!)!
  expect(actual.shape).toEqual(expected.shape)
  const largest = Math.max(...expected.data.map(Math.abs))
  return Math.max(...expected.data.map((v, i) => Math.abs(v - actual.data[i]!))) / largest
}

const opsOf = (graph: Graph): string[] => graph.nodes.map(node => node.op.name)

/** A graph of one image input and whatever `build` makes of it. */
function graphOf(shape: readonly number[], build: (x: Value, hold: (...shape: number[]) => Value) => Value): Graph {
  const graph = new Graph('case')
  const x = graph.input('images', 'float32', shape)
  let seed = 10
  const hold = (...size: number[]): Value => {
    const { data } = randomImages(size, seed++)
    return graph.initializer(
      'w',
      tensor(
        'float32',
        size,
        Float32Array.from(data, v => v / 128 - 1),
      ),
    )
  }
  graph.output(build(x, hold), 'y')
  return graph
}

const expectEqual = (graph: Graph, shape = graph.inputs[0]!.shape as number[]): Graph => {
  const last = channelsLast(graph)
  verifyGraph(last)
  expect(difference(graph, last, shape)).toBeLessThan(1e-6)
  return last
}

describe('random networks with the channels last', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'network %i gives the same numbers, without a transpose',
    seed => {
      const graph = randomInference(randomNetwork(seed), [3, 14, 14], seed)
      const last = expectEqual(graph, [2, 3, 14, 14])
      expect(opsOf(last)).not.toContain('Transpose')
      expect(opsOf(last)).not.toContain('BatchNormalization')
    },
  )

  it('would see a kernel, a bias or an axis in the wrong place (planted)', () => {
    const network = sequential([conv2d(4, 3, { activation: 'relu' }), flatten(), dense(5)])
    const graph = randomInference(network, [3, 6, 6])
    for (const rank of [4, 1, 2]) {
      const planted = channelsLast(graph)
      const [value, held] = [...planted.initializers].find(([{ shape }]) => shape.length === rank)!
      const data = Float32Array.from(held.data as Float32Array).reverse()
      planted.initializers.set(value, { ...held, data })
      expect(difference(graph, planted, [2, 3, 6, 6])).toBeGreaterThan(1e-3)
    }
    const images = randomImages([2, 3, 6, 6])
    const last = channelsLast(graph)
    // The bytes of [N, C, H, W] read as [N, H, W, C].
    const wrong = evaluateGraph(last, { images: { ...images, shape: [2, 6, 6, 3] } }).get(last.outputs[0]!)!
    const right = evaluateGraph(graph, { images }).get(graph.outputs[0]!)!
    expect(Math.max(...right.data.map((v, i) => Math.abs(v - wrong.data[i]!)))).toBeGreaterThan(1e-4)
  })
})

describe('layouts', () => {
  it('flattens before a dense layer by permuting its kernel', () => {
    const last = expectEqual(
      graphOf([2, 3, 4, 5], (x, w) =>
        gemm(relu(reshape(x, [2, 60])), w(7, 60), w(7), { transB: 1, alpha: 0.5, beta: 2 }),
      ),
    )
    expect(opsOf(last)).toEqual(['Reshape', 'Relu', 'Dense'])
  })

  it('a flattened image that is an output lies in the order of the original', () => {
    const last = expectEqual(graphOf([2, 3, 4, 5], x => scale(reshape(x, [2, 60]), 2)))
    expect(opsOf(last)).toEqual(['Transpose', 'Reshape', 'Mul'])
  })

  it('patches become tokens without a transpose; attention transposes what it must', () => {
    const graph = graphOf([2, 3, 4, 4], (x, w) => {
      const patches = x.graph.add(Conv, [x, w(8, 3, 2, 2)], { strides: [2, 2] })
      const tokens = transpose(reshape(patches, [2, 8, 4]), [0, 2, 1])
      const normal = layerNormalization(tokens, w(8), w(8))
      const [q, k, v] = split(matMul(normal, w(8, 24)), [8, 8, 8], 2).map(part =>
        transpose(reshape(part, [2, 4, 2, 4]), [0, 2, 1, 3]),
      ) as [Value, Value, Value]
      const mixed = matMul(softmax(matMul(q, transpose(k, [0, 1, 3, 2]))), v)
      const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [2, 4, 8])
      return reduceMean(add(tokens, matMul(joined, w(8, 8))), [1], false)
    })
    const last = expectEqual(graph)
    expect(opsOf(last).filter(name => name === 'Transpose')).toHaveLength(4)
  })

  it('tokens become an image again where a convolution reads them', () => {
    const last = expectEqual(
      graphOf([2, 3, 4, 4], (x, w) => {
        const tokens = mul(transpose(reshape(x, [2, 3, 16]), [0, 2, 1]), w(16, 3))
        return x.graph.add(Conv, [reshape(transpose(tokens, [0, 2, 1]), [2, 3, 4, 4]), w(2, 3, 3, 3)])
      }),
    )
    // The output is an image, and lies as the original's.
    expect(opsOf(last).filter(name => name === 'Transpose')).toHaveLength(1)
  })

  it('shuffles of channels, mirrors and per-channel constants', () => {
    const shuffled = (x: Value): Value => reshape(transpose(reshape(x, [2, 2, 3, 4, 4]), [0, 2, 1, 3, 4]), [2, 6, 4, 4])
    expectEqual(graphOf([2, 6, 4, 4], (x, w) => x.graph.add(Conv, [shuffled(x), w(2, 6, 3, 3)])))
    expectEqual(graphOf([2, 3, 4, 5], (x, w) => reduceMean(mul(reverse(x, [3]), w(3, 1, 1)), [2, 3], false)))
    expectEqual(graphOf([2, 3, 4, 5], (x, w) => reduceMean(mul(x, add(w(4, 5), w(1))), [1], true)))
  })

  it('a value of lower rank meets an image where numpy would put it', () => {
    expectEqual(graphOf([2, 3, 4, 5], x => mul(x, reshape(reduceMean(x, [0, 2, 3], false), [3, 1, 1]))))
    expectEqual(graphOf([2, 3, 4, 5], x => add(x, reduceMean(x, [0, 1], false))))
  })
})

describe('windows', () => {
  it.each([
    { ceil_mode: 1, kernel_shape: [3, 3], strides: [2, 2] },
    { ceil_mode: 1, kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0], count_include_pad: 1 },
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 0 },
    { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' },
    { kernel_shape: [3, 3], strides: [3, 3], count_include_pad: 1, pads: [0, 2, 1, 0] },
  ])('pooling %j', attributes => {
    const { count_include_pad, ...rest } = attributes
    for (const size of [7, 8]) {
      expectEqual(graphOf([2, 3, size, 7], x => x.graph.add(AveragePool, [x], attributes)))
      expectEqual(graphOf([2, 3, size, 7], x => x.graph.add(MaxPool, [scale(x, -1)], rest)))
    }
  })

  it.each([
    { strides: [2, 2] },
    { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    { strides: [2, 2], auto_pad: 'SAME_UPPER' as const },
    { strides: [2, 1], auto_pad: 'SAME_LOWER' as const },
    { strides: [2, 2], output_shape: [9, 8] },
    { strides: [3, 2], pads: [0, 1, 2, 0] },
    { strides: [1, 1], dilations: [2, 2] },
  ])('transposed convolution %j', options => {
    for (const kernel of [2, 3] as const)
      expectEqual(graphOf([2, 4, 4, 4], (x, w) => convTranspose(x, w(4, 3, kernel, kernel), w(3), options)))
    expectEqual(graphOf([2, 4, 4, 4], (x, w) => convTranspose(x, w(4, 2, 3, 3), w(4), { ...options, group: 2 })))
  })
})

describe('refusals', () => {
  it('names the layer of an operator that has no rule', () => {
    const graph = graphOf([2, 3, 4, 4], (x, w) =>
      x.graph.within('head', () =>
        x.graph.add(MaxPool, [mul(x, w(3, 1, 1))], { kernel_shape: [2, 2], dilations: [2, 2] }),
      ),
    )
    expect(() => toChannelsLast(graph)).toThrow(
      'head/MaxPool: expected a pooling window without dilation, received dilations [2, 2]. Fix: export to ONNX, or train a model without it',
    )
    const computed = graphOf([1, 3, 3, 3], x => x.graph.add(Conv, [x, x]))
    expect(() => toChannelsLast(computed)).toThrow('Conv: expected a kernel as a constant, received a computed value.')
  })
})
