import { describe, expect, it } from 'vitest'
import { gradients } from '../../../src/autodiff/gradients.js'
import { batchNormalization } from '../../../src/nn/layers/batch-normalization.js'
import { conv2d, depthwiseConv2d } from '../../../src/nn/layers/conv2d.js'
import { dense } from '../../../src/nn/layers/dense.js'
import { globalAveragePooling2d, maxPooling2d } from '../../../src/nn/layers/pooling.js'
import { activation, add, concatenate, flatten } from '../../../src/nn/layers/shape.js'
import { cifarCnn } from '../../../src/nn/models/cifar-cnn.js'
import { describe as describeNetwork, network, sequential } from '../../../src/nn/network.js'
import { l1, l1l2, l2 } from '../../../src/nn/regularizers.js'
import { type Layer, layer, Scope } from '../../../src/nn/scope.js'
import { Graph } from '../../../src/onnx/ir.js'
import { evaluateGraph } from '../../../src/ops/evaluate-graph.js'
import { reduceSum } from '../../../src/ops/reduce-sum.js'

const names = (build: Layer, input: readonly number[] = [3, 8, 8]): string[] =>
  describeNetwork(build, input).layers.map(({ name }) => name)
const parameters = (build: Layer): string[] => describeNetwork(build, [3, 8, 8]).parameters.map(({ name }) => name)

describe('names', () => {
  it('are numbered by kind from the second on, as in Keras', () => {
    const build = sequential([conv2d(4, 3), depthwiseConv2d(3), conv2d(4, 1), depthwiseConv2d(3), conv2d(4, 1)])
    expect(names(build)).toEqual(['conv2d', 'depthwiseConv2d', 'conv2d_1', 'depthwiseConv2d_1', 'conv2d_2'])
  })

  it('begin anew in every block, and are the same each time the network is built', () => {
    const block: Layer = layer('block', undefined, (x, scope) => conv2d(4, 1)(conv2d(4, 1)(x, scope), scope))
    const build = sequential([block, conv2d(4, 1), block])
    const inside = ['conv2d/kernel', 'conv2d/bias', 'conv2d_1/kernel', 'conv2d_1/bias']
    const expected = [
      ...inside.map(name => `block/${name}`),
      'conv2d/kernel',
      'conv2d/bias',
      ...inside.map(name => `block_1/${name}`),
    ]
    expect(parameters(build)).toEqual(expected)
    expect(parameters(build)).toEqual(expected)
  })

  it('that a layer was given are kept out of the numbering', () => {
    expect(names(sequential([conv2d(4, 1, { name: 'conv2d' }), conv2d(4, 1), conv2d(4, 1, { name: 'last' })]))).toEqual(
      ['conv2d', 'conv2d_1', 'last'],
    )
  })

  it('are refused the second time', () => {
    const twice = (given: Layer): Layer => sequential([given, given])
    expect(() => names(twice(conv2d(4, 1, { name: 'stem' })))).toThrow(
      "network: expected layer names that are used once, received 'stem' twice. Fix: give the layers different names, or none",
    )
    expect(() => names(twice(activation('relu', { name: 'act' })))).toThrow("received 'act' twice")
    const careless = layer('careless', undefined, (x, scope) => {
      for (const _ of [1, 2]) scope.parameter('w', [1], 'bias', () => new Float32Array(1))
      return x
    })
    expect(() => names(careless)).toThrow("expected parameter names that are used once, received 'careless/w' twice")
  })
})

describe('the functional style', () => {
  /** A residual block beside a branch, joined along the channels. */
  const build = network((x, scope) => {
    const stem = conv2d(4, 3, { padding: 'same', activation: 'relu' })(x, scope)
    const inner = sequential([conv2d(4, 3, { padding: 'same' }), batchNormalization()])(stem, scope)
    const joined = activation('relu')(add([stem, inner]), scope)
    const branch = conv2d(2, 1, { name: 'branch' })(x, scope)
    return sequential([globalAveragePooling2d(), dense(3)])(concatenate([joined, branch]), scope)
  })

  it('makes one network of layers and plain functions', () => {
    const { output, parameterCount, trainableCount } = describeNetwork(build, [3, 8, 8])
    expect(output.shape).toEqual(['N', 3])
    expect(parameterCount).toBe(3 * 9 * 4 + 4 + (4 * 9 * 4 + 4) + 8 + (3 * 2 + 2) + (6 * 3 + 3))
    expect(trainableCount).toBe(parameterCount)
  })

  it('carries gradients through both ways of a residual block', () => {
    const graph = new Graph('training')
    const scope = new Scope(graph, 'training', {
      parameter: spec => graph.input(spec.name, 'float32', spec.shape),
      statistic: spec => graph.input(spec.name, 'float32', spec.shape),
    })
    const logits = build(graph.input('x', 'float32', [2, 3, 8, 8]), scope)
    const variables = scope.parameters.map(p => graph.inputs.find(input => input.name === p.name)!)
    gradients(reduceSum(logits, undefined, false), variables).forEach((gradient, i) => {
      expect(gradient.shape).toEqual(variables[i]!.shape)
    })
    expect(scope.statistics.map(({ spec }) => spec.name)).toEqual([
      'batchNormalization/movingMean',
      'batchNormalization/movingVariance',
    ])
  })
})

describe('the summary', () => {
  it('of the seed CNN says what Keras says, and its multiply-adds', () => {
    const { parameterCount, multiplyAdds } = describeNetwork(cifarCnn(10), [3, 32, 32])
    const convolutions = 1024 * 9 * (3 * 32 + 32 * 32) + 256 * 9 * (32 * 64 + 64 * 64)
    expect(parameterCount).toBe(1_116_970)
    expect(multiplyAdds).toBe(convolutions + 4096 * 256 + 256 * 10)
    expect(multiplyAdds).toBe(25_528_832)
    expect(cifarCnn(10).summary()).toMatchInlineSnapshot(`
      "layer                          output           parameters  multiply-adds
      ─────────────────────────────────────────────────────────────────────────
      conv2d                         [N, 32, 32, 32]         896        884,736
      conv2d_1 (conv2d)              [N, 32, 32, 32]       9,248      9,437,184
      maxPooling2d                   [N, 32, 16, 16]           0              0
      dropout                        [N, 32, 16, 16]           0              0
      conv2d_2 (conv2d)              [N, 64, 16, 16]      18,496      4,718,592
      conv2d_3 (conv2d)              [N, 64, 16, 16]      36,928      9,437,184
      maxPooling2d_1 (maxPooling2d)  [N, 64, 8, 8]             0              0
      dropout_1 (dropout)            [N, 64, 8, 8]             0              0
      flatten                        [N, 4096]                 0              0
      dense                          [N, 256]          1,048,832      1,048,576
      dropout_2 (dropout)            [N, 256]                  0              0
      dense_1 (dense)                [N, 10]               2,570          2,560
      ─────────────────────────────────────────────────────────────────────────
      1,116,970 parameters (1,116,970 trainable), 25,528,832 multiply-adds an image"
    `)
  })

  it('of a depthwise network counts each channel once', () => {
    const build = sequential([
      conv2d(8, 3, { padding: 'same', useBias: false }),
      depthwiseConv2d(3, { padding: 'same', strides: 2, useBias: false }),
      conv2d(16, 1, { useBias: false }),
      globalAveragePooling2d(),
      dense(10),
    ])
    expect(describeNetwork(build, [3, 16, 16]).multiplyAdds).toBe(256 * 8 * 3 * 9 + 64 * 8 * 9 + 64 * 16 * 8 + 160)
    expect(build.summary([3, 16, 16])).toMatch(/depthwiseConv2d {2,}\[N, 8, 8, 8\] +72 +4,608/)
  })

  it('names a layer and its kind where they differ, and counts what is frozen apart', () => {
    const build = sequential([flatten(), dense(10, { name: 'head', trainable: false })])
    expect(build.summary([1, 2, 2])).toContain('head (dense)')
    expect(build.summary([1, 2, 2])).toContain('50 parameters (0 trainable), 40 multiply-adds an image')
  })
})

describe('refusals', () => {
  const refused: [string, Layer, string][] = [
    [
      'dense on images',
      dense(10),
      'dense: expected [N, features] or [N, tokens, features], received [N, 3, 8, 8]. Fix: put flatten() or globalAveragePooling2d() before dense',
    ],
    [
      'conv2d on vectors',
      sequential([flatten(), conv2d(4, 3)]),
      'conv2d: expected images [N, C, H, W], received [N, 192]',
    ],
    ['no filters', conv2d(0, 3), 'conv2d: expected a positive number of filters, received 0'],
    ['half a filter', conv2d(2.5, 3), 'conv2d: expected a positive number of filters, received 2.5'],
    [
      'groups that do not divide',
      conv2d(4, 3, { groups: 2 }),
      'conv2d: expected channels and filters that are multiples of the groups, received 3 channels and 4 filters in 2 groups',
    ],
    [
      'unlike shapes in a sum',
      (x, scope) => add([x, maxPooling2d(2)(x, scope)]),
      'add: expected values of one shape, received [N, 3, 8, 8] and [N, 3, 4, 4]. Fix: bring the shortcut to the same shape with a 1x1 conv2d',
    ],
    [
      'an unknown activation',
      activation('reluu' as 'relu'),
      "activation: expected one of linear, relu, relu6, leakyRelu, elu, selu, gelu, silu, mish, sigmoid, hardSigmoid, hardSwish, tanh, softplus, softsign, softmax, logSoftmax, received 'reluu'. Fix: did you mean 'relu'?",
    ],
    [
      'an unknown initializer',
      conv2d(4, 3, { kernelInitializer: 'heNormol' as 'heNormal' }),
      "received 'heNormol'. Fix: did you mean 'heNormal'?",
    ],
    ['a kernel larger than the image', conv2d(4, 9), 'conv2d'],
  ]
  it.each(refused)('%s', (_, build, message) => {
    expect(() => describeNetwork(build, [3, 8, 8])).toThrow(message)
  })
})

describe('regularizers', () => {
  /** The penalties of a dense layer with kernel [1, -2, 3] and bias [-4]. */
  const penalties = (options: Parameters<typeof dense>[1], mode: 'training' | 'inference' = 'training'): number[] => {
    const graph = new Graph('penalties')
    const scope = new Scope(graph, mode, {
      parameter: spec => graph.input(spec.name, 'float32', spec.shape),
      statistic: spec => graph.input(spec.name, 'float32', spec.shape),
    })
    graph.output(dense(1, options)(graph.input('x', 'float32', [1, 3]), scope))
    for (const penalty of scope.penalties) graph.output(penalty)
    const known = evaluateGraph(graph, {
      x: { shape: [1, 3], data: new Float64Array(3) },
      'dense/kernel': { shape: [3, 1], data: Float64Array.of(1, -2, 3) },
      'dense/bias': { shape: [1], data: Float64Array.of(-4) },
    })
    return scope.penalties.map(penalty => Math.round(known.get(penalty)!.data[0]! * 1e6) / 1e6)
  }

  it('add λ Σ |w| and λ Σ w², as in Keras', () => {
    expect(penalties({ kernelRegularizer: l1(0.5) })).toEqual([3])
    expect(penalties({ kernelRegularizer: l2(0.5) })).toEqual([7])
    expect(penalties({ kernelRegularizer: l1l2(0.5, 0.25), biasRegularizer: l2(1) })).toEqual([6.5, 16])
  })

  it('say nothing of frozen weights, nor in inference', () => {
    expect(penalties({ kernelRegularizer: l2(0.5), trainable: false })).toEqual([])
    expect(penalties({ kernelRegularizer: l2(0.5) }, 'inference')).toEqual([])
  })
})
