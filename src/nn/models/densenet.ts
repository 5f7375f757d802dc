import { centredConv2d } from '../centred-conv2d.js'
import { heNormal } from '../init.js'
import { batchNormalization, type NormalizationOptions } from '../layers/batch-normalization.js'
import { dense } from '../layers/dense.js'
import { averagePooling2d, globalAveragePooling2d, maxPooling2d } from '../layers/pooling.js'
import { activation, concatenate } from '../layers/shape.js'
import { type Network, sequential } from '../network.js'
import { group, type Layer } from '../scope.js'
import { channelsOf } from '../window.js'

export interface DensenetOptions extends NormalizationOptions {
  /** Layers of each dense block, two convolutions each: [6, 6, 6] is depth 40, [6, 12, 24, 16] depth 121. */
  blocks?: readonly number[]
  /** Channels that each layer adds. */
  growthRate?: number
  /** imagenet: a 7x7 convolution and a max pooling, each halving the image; cifar: one 3x3 convolution. */
  stem?: 'imagenet' | 'cifar'
}

/** The 1x1 convolution before a 3x3 one has this many times the growth rate. */
const BOTTLENECK = 4
/** Share of the channels that a transition keeps. */
const COMPRESSION = 0.5
const relu = activation('relu')
const conv = (name: string, filters: number, size: number, strides = 1): Layer =>
  centredConv2d(name, filters, size, { strides, kernelInitializer: heNormal })

/**
 * DenseNet-BC, Huang et al. 2017 (arXiv 1608.06993): every layer of a block reads all layers before it. Depth 100 with
 * growth 12 (blocks [16, 16, 16]) has 0.8 M parameters. Names as in timm.
 */
export function densenet(classes: number, options: DensenetOptions = {}): Network {
  const { blocks = [6, 6, 6], growthRate = 12, stem = 'cifar', momentum = 0.9, epsilon = 1e-5 } = options
  const norm = (name: string): Layer => batchNormalization({ name, momentum, epsilon })
  const features = sequential([
    ...(stem === 'imagenet'
      ? [
          conv('conv0', 2 * growthRate, 7, 2),
          norm('norm0'),
          relu,
          maxPooling2d(3, { strides: 2, padding: [1, 1, 1, 1] }),
        ]
      : [conv('conv0', 2 * growthRate, 3)]),
    ...blocks.flatMap((layers, b) => [
      ...(b > 0 ? [group(`transition${b}`, transition(norm))] : []),
      group(`denseblock${b + 1}`, denseBlock(layers, growthRate, norm)),
    ]),
    norm('norm5'),
    relu,
  ])
  return sequential([group('features', features), globalAveragePooling2d(), dense(classes, { name: 'classifier' })])
}

type Norm = (name: string) => Layer

const denseBlock = (layers: number, growthRate: number, norm: Norm): Layer =>
  sequential(Array.from({ length: layers }, (_, i) => group(`denselayer${i + 1}`, denseLayer(growthRate, norm))))

/** [N, C, H, W] -> [N, C + growthRate, H, W]. */
const denseLayer = (growthRate: number, norm: Norm): Layer => {
  const inner = sequential([
    norm('norm1'),
    relu,
    conv('conv1', BOTTLENECK * growthRate, 1),
    norm('norm2'),
    relu,
    conv('conv2', growthRate, 3),
  ])
  return (x, scope) => concatenate([x, inner(x, scope)])
}

const transition =
  (norm: Norm): Layer =>
  (x, scope) => {
    const kept = Math.floor(channelsOf(x, scope.graph.path) * COMPRESSION)
    return sequential([norm('norm'), relu, conv('conv', kept, 1), averagePooling2d(2)])(x, scope)
  }
