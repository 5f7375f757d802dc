import { centredConv2d } from '../centred-conv2d.js'
import { batchNormalization, type NormalizationOptions } from '../layers/batch-normalization.js'
import { dense } from '../layers/dense.js'
import { globalAveragePooling2d, maxPooling2d } from '../layers/pooling.js'
import { activation, add } from '../layers/shape.js'
import { type Network, numbered, sequential } from '../network.js'
import { group, type Layer } from '../scope.js'

export type ResnetDepth = 18 | 34 | 50 | 101

export interface ResnetOptions extends NormalizationOptions {
  depth?: ResnetDepth
  /** imagenet: a 7x7 convolution and a max pooling, each halving the image; cifar: one 3x3 convolution. */
  stem?: 'imagenet' | 'cifar'
}

/** Blocks of the four stages. */
const BLOCKS: Readonly<Record<ResnetDepth, readonly [number, number, number, number]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
}
const FILTERS = [64, 128, 256, 512] as const
const relu = activation('relu')

/**
 * He et al. 2015 (arXiv 1512.03385), table 1, with the strides of a bottleneck in its 3x3 convolution ("v1.5", as in
 * torchvision and timm, whose names these are).
 */
export function resnet(classes: number, options: ResnetOptions = {}): Network {
  const { depth = 18, stem = 'imagenet', momentum = 0.9, epsilon = 1e-5 } = options
  const norm = (name: string): Layer => batchNormalization({ name, momentum, epsilon })
  const bottleneck = depth >= 50
  const inner = bottleneck ? bottleneckBlock : basicBlock
  const widening = bottleneck ? 4 : 1
  const stage = (filters: number, s: number): Layer =>
    numbered(
      Array.from({ length: BLOCKS[depth][s]! }, (_, i) => {
        const strides = s > 0 && i === 0 ? 2 : 1
        const projected = i === 0 && (s > 0 || bottleneck)
        const shortcut = projected ? downsample(filters * widening, strides, norm) : undefined
        return residual(inner(filters, strides, norm), shortcut)
      }),
    )
  return sequential([
    stem === 'imagenet' ? centredConv2d('conv1', 64, 7, { strides: 2 }) : centredConv2d('conv1', 64, 3),
    norm('bn1'),
    relu,
    ...(stem === 'imagenet' ? [maxPooling2d(3, { strides: 2, padding: [1, 1, 1, 1] })] : []),
    ...FILTERS.map((filters, s) => group(`layer${s + 1}`, stage(filters, s))),
    globalAveragePooling2d(),
    dense(classes, { name: 'fc' }),
  ])
}

type Norm = (name: string) => Layer

const residual =
  (inner: Layer, shortcut: Layer | undefined): Layer =>
  (x, scope) =>
    relu(add([shortcut ? shortcut(x, scope) : x, inner(x, scope)]), scope)

const basicBlock = (filters: number, strides: number, norm: Norm): Layer =>
  sequential([
    centredConv2d('conv1', filters, 3, { strides }),
    norm('bn1'),
    relu,
    centredConv2d('conv2', filters, 3),
    norm('bn2'),
  ])

const bottleneckBlock = (filters: number, strides: number, norm: Norm): Layer =>
  sequential([
    centredConv2d('conv1', filters, 1),
    norm('bn1'),
    relu,
    centredConv2d('conv2', filters, 3, { strides }),
    norm('bn2'),
    relu,
    centredConv2d('conv3', filters * 4, 1),
    norm('bn3'),
  ])

const downsample = (filters: number, strides: number, norm: Norm): Layer =>
  group('downsample', sequential([centredConv2d('0', filters, 1, { strides }), norm('1')]))
