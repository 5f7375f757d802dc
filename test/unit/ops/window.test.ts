import { describe, expect, it } from 'vitest'
import { gradients } from '../../../src/autodiff/gradients.js'
import { RandomStream } from '../../../src/core/random.js'
import { expandComposites } from '../../../src/lower/expand-composites.js'
import { Graph, type Value } from '../../../src/onnx/ir.js'
import { averagePool } from '../../../src/ops/average-pool.js'
import { batchNormalization } from '../../../src/ops/batch-normalization.js'
import { BatchNormalizationTraining } from '../../../src/ops/batch-normalization-training.js'
import { type ConvOptions, conv } from '../../../src/ops/conv.js'
import { convGradInput } from '../../../src/ops/conv-grad-input.js'
import { convGradWeight } from '../../../src/ops/conv-grad-weight.js'
import { convTranspose } from '../../../src/ops/conv-transpose.js'
import { evaluateGraph } from '../../../src/ops/evaluate-graph.js'
import { gemm } from '../../../src/ops/gemm.js'
import { layerNormalization } from '../../../src/ops/layer-normalization.js'
import { matMul } from '../../../src/ops/mat-mul.js'
import { MaxPool, maxPool } from '../../../src/ops/max-pool.js'
import { reduceSum } from '../../../src/ops/reduce-sum.js'
import { transpose } from '../../../src/ops/transpose.js'

/** A value of a shape in a graph of its own. */
const given = (graph: Graph, ...shape: (number | string)[]): Value =>
  graph.input(`value_${graph.inputs.length}`, 'float32', shape)

const convOf =
  (image: (number | string)[], kernels: number[], options: ConvOptions = {}, bias?: number) =>
  () => {
    const graph = new Graph('refused')
    conv(given(graph, ...image), given(graph, ...kernels), bias ? given(graph, bias) : undefined, options)
  }

const window = { kernel_shape: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const
const g = () => new Graph('refused')

/** What must not be built, and the words of the refusal. */
const refusals: readonly [string, () => unknown, string][] = [
  [
    'signals instead of images',
    convOf([2, 3, 9], [4, 3, 3]),
    'Conv: expected images of shape [N, C, H, W] (windows are two-dimensional here), received [2, 3, 9]. Fix: give one-dimensional signals a height of 1',
  ],
  [
    'an image smaller than the kernel',
    convOf([1, 1, 2, 5], [1, 1, 3, 3]),
    "Conv: expected an image of at least the window's 3 x 3, received 2 x 5. Fix: use a smaller kernel",
  ],
  [
    'an image of unknown size',
    convOf(['N', 3, 'H', 8], [4, 3, 3, 3]),
    "Conv: expected a fixed shape, received [H, 8]. Fix: give dimension 'H' a size before this step",
  ],
  [
    'weights for other channels',
    convOf([1, 4, 8, 8], [6, 3, 3, 3], { group: 2 }),
    'expected weights [K, 2, kh, kw] for 4 channels, K a multiple of 2 (group), received [6, 3, 3, 3]',
  ],
  ['a bias of another size', convOf([1, 1, 8, 8], [6, 1, 3, 3], {}, 5), 'expected a bias of shape [6], received [5]'],
  [
    'pads and auto_pad',
    convOf([1, 1, 8, 8], [1, 1, 3, 3], { pads: [1, 1, 1, 1], auto_pad: 'SAME_UPPER' }),
    'expected either pads or auto_pad, received pads and auto_pad SAME_UPPER',
  ],
  [
    'negative pads',
    convOf([1, 1, 8, 8], [1, 1, 3, 3], { pads: [-1, 0, 0, 0] }),
    'expected pads [top, left, bottom, right] >= 0, received [-1, 0, 0, 0]',
  ],
  [
    'a stride of 0',
    convOf([1, 1, 8, 8], [1, 1, 3, 3], { strides: [0, 1] }),
    'expected two positive strides, received [0, 1]',
  ],
  [
    'an unknown auto_pad',
    convOf([1, 1, 8, 8], [1, 1, 3, 3], { auto_pad: 'same' as 'VALID' }),
    'expected auto_pad NOTSET, SAME_UPPER, SAME_LOWER or VALID, received same',
  ],
  [
    'a gradient of another size',
    () => {
      const graph = g()
      convGradInput(given(graph, 1, 2, 7, 8), given(graph, 2, 2, 3, 3), { ...window, group: 1, input_shape: [8, 8] })
    },
    'ConvGradInput: expected a gradient of shape [N, 2, 8, 8], received [1, 2, 7, 8]',
  ],
  [
    'a gradient of other images',
    () => {
      const graph = g()
      convGradWeight(given(graph, 2, 2, 8, 8), given(graph, 3, 2, 8, 8), { ...window, group: 1 })
    },
    'ConvGradWeight: expected a gradient [N, K, Ho, Wo] for x [2, 2, 8, 8], channels in 1 groups, received [3, 2, 8, 8]',
  ],
  [
    'transposed weights for other channels',
    () => {
      const graph = g()
      convTranspose(given(graph, 1, 3, 4, 4), given(graph, 2, 3, 3, 3))
    },
    'ConvTranspose: expected weights [3, K/group, kh, kw] with channels in 1 groups, received [2, 3, 3, 3]',
  ],
  [
    'the places of maxima',
    () => {
      const graph = g()
      graph.addMany(MaxPool, [given(graph, 1, 1, 4, 4)], { kernel_shape: [2, 2] }, { outputs: 2 })
    },
    'MaxPool: expected MaxPool with one output, received a request for Indices',
  ],
  [
    'a pool larger than the image',
    () => averagePool(given(g(), 1, 1, 2, 2), { kernel_shape: [3, 3] }),
    "AveragePool: expected an image of at least the window's 3 x 3, received 2 x 2",
  ],
  [
    'matrices that do not meet',
    () => {
      const graph = g()
      matMul(given(graph, 2, 3), given(graph, 4, 5))
    },
    'MatMul: expected as many columns on the left as rows on the right, received [2, 3] and [4, 5]',
  ],
  [
    'an addend that does not broadcast',
    () => {
      const graph = g()
      gemm(given(graph, 1, 3), given(graph, 3, 5), given(graph, 2, 5))
    },
    'Gemm: expected an addend that broadcasts to [1, 5], received [2, 5]',
  ],
  [
    'an order that repeats an axis',
    () => transpose(given(g(), 2, 3), [0, 0]),
    'Transpose: expected an order of the axes 0 to 1, received [0, 0]',
  ],
  [
    'a scale for other channels',
    () => {
      const graph = g()
      const vectors = [0, 1, 2, 3].map(() => given(graph, 4)) as [Value, Value, Value, Value]
      batchNormalization(given(graph, 2, 3, 4, 4), ...vectors)
    },
    'BatchNormalization: expected one number per channel of [2, 3, 4, 4], received [4]',
  ],
  [
    'training statistics left out',
    () => {
      const graph = g()
      graph.add(BatchNormalizationTraining, [given(graph, 2, 3), given(graph, 3), given(graph, 3)])
    },
    'BatchNormalizationTraining: expected 3 outputs: y, mean, variance, received 1',
  ],
  [
    'a scale that enlarges',
    () => {
      const graph = g()
      layerNormalization(given(graph, 1, 4), given(graph, 3, 4))
    },
    'LayerNormalization: expected scale and b that broadcast to [1, 4], received [3, 4]',
  ],
]

describe('a window operator, product or normalisation refuses', () => {
  it.each(refusals)('%s', (_, build, words) => {
    expect(build).toThrow(words)
  })
})

describe('the builders', () => {
  it('say auto_pad as pads, which every runtime understands the same way', () => {
    const graph = new Graph('same')
    const x = given(graph, 'N', 1, 5, 6)
    const same = { auto_pad: 'SAME_UPPER', dilations: [2, 2] } as const
    const built = [
      conv(x, given(graph, 1, 1, 3, 2), undefined, same),
      maxPool(x, { ...same, kernel_shape: [3, 2] }),
      averagePool(x, { ...same, kernel_shape: [3, 2] }),
    ]
    for (const { shape, producer } of built) {
      expect(shape).toEqual(['N', 1, 5, 6])
      expect(producer!.attributes).toMatchObject({ auto_pad: 'NOTSET', pads: [2, 1, 2, 1] })
    }
  })
})

describe('MaxPool', () => {
  it('sends the gradient to the first of equal numbers only', () => {
    const graph = new Graph('ties')
    const image = graph.input('image', 'float64', [1, 1, 2, 4])
    const dx = gradients(reduceSum(maxPool(image, { kernel_shape: [2, 2], strides: [2, 2] }), undefined, false), [
      image,
    ])
    graph.output(dx[0]!)
    const feeds = { image: { shape: [1, 1, 2, 4], data: Float64Array.of(5, 5, 0, 0, 5, 5, 0, 0) } }
    expect(Array.from(evaluateGraph(graph, feeds).get(dx[0]!)!.data)).toEqual([1, 0, 1, 0, 0, 0, 0, 0])
  })
})

describe('ConvGradWeight', () => {
  it('lets images share a kernel where one each would take too much memory', () => {
    const graph = new Graph('deep')
    const [images, channels] = [4, 600]
    const shape = [images, channels, 1, 1]
    const x = graph.input('x', 'float64', shape)
    const dy = graph.input('dy', 'float64', shape)
    graph.output(convGradWeight(x, dy, { ...window, group: 1 }))
    const expanded = expandComposites(graph)
    expect(expanded.nodes.find(({ op }) => op.name === 'Conv')!.attributes.group).toBe(2)
    const stream = new RandomStream(3, ['deep'])
    const numbers = () => ({ shape, data: Float64Array.from({ length: images * channels }, () => stream.uniform()) })
    const feeds = { x: numbers(), dy: numbers() }
    const want = evaluateGraph(graph, feeds).get(graph.outputs[0]!)!
    const got = evaluateGraph(expanded, feeds).get(expanded.outputs[0]!)!
    expect(got.shape).toEqual(want.shape)
    expect(want.data.reduce((worst, v, i) => Math.max(worst, Math.abs(v - got.data[i]!)), 0)).toBeLessThan(1e-12)
  })
})
