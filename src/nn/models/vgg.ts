import { centredConv2d } from '../centred-conv2d.js'
import { normal } from '../init.js'
import { batchNormalization, type NormalizationOptions } from '../layers/batch-normalization.js'
import { conv2d } from '../layers/conv2d.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { globalAveragePooling2d, maxPooling2d } from '../layers/pooling.js'
import { activation } from '../layers/shape.js'
import { type Network, sequential } from '../network.js'
import { group, type Layer } from '../scope.js'

export type VggDepth = 11 | 13 | 16 | 19

export interface VggOptions extends NormalizationOptions {
  depth?: VggDepth
  /** imagenet: the two hidden layers of 4096 units, for images of at least 224 pixels; cifar: none. */
  head?: 'imagenet' | 'cifar'
  /** Rate after each hidden layer, or before the only one; default 0.5 with head imagenet, 0 with cifar. */
  dropout?: number
}

/** Convolutions of the five blocks; a max pooling ends each. */
const BLOCKS: Readonly<Record<VggDepth, readonly number[]>> = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
}
const FILTERS = [64, 128, 256, 512, 512] as const
const HIDDEN = 4096
const relu = activation('relu')
/** Deviation of the paper's first weights, kept for the layers without batch normalisation. */
const headInitializer = normal(0.01)

/**
 * Simonyan & Zisserman 2014 (arXiv 1409.1556), configurations A, B, D and E, each convolution with batch normalisation.
 * Names as in timm, which writes the hidden layers as convolutions (arXiv 1312.6229); the cifar head is one layer named
 * `classifier`, as in kuangliu/pytorch-cifar.
 */
export function vgg(classes: number, options: VggOptions = {}): Network {
  const { depth = 16, head = 'cifar', momentum = 0.9, epsilon = 1e-5 } = options
  const { dropout: rate = head === 'imagenet' ? 0.5 : 0 } = options
  const convolutions = BLOCKS[depth].flatMap((count, b) =>
    new Array<number | 'pool'>(count).fill(FILTERS[b]!).concat('pool'),
  )
  // PyTorch numbers every module of the list: convolution, normalisation, activation, pooling.
  let index = 0
  const features = convolutions.flatMap((filters): Layer[] => {
    const at = index
    index += filters === 'pool' ? 1 : 3
    if (filters === 'pool') return [maxPooling2d(2)]
    return [
      centredConv2d(String(at), filters, 3, { useBias: true }),
      batchNormalization({ name: String(at + 1), momentum, epsilon }),
      relu,
    ]
  })
  return sequential([group('features', sequential(features)), ...heads[head](classes, rate)])
}

const hidden = (name: string, size: number, rate: number): Layer[] => [
  conv2d(HIDDEN, size, { name, kernelInitializer: headInitializer }),
  relu,
  dropout(rate),
]

const heads = {
  imagenet: (classes: number, rate: number): Layer[] => [
    group('pre_logits', sequential([...hidden('fc1', 7, rate), ...hidden('fc2', 1, rate)])),
    globalAveragePooling2d(),
    group('head', dense(classes, { name: 'fc', kernelInitializer: headInitializer })),
  ],
  cifar: (classes: number, rate: number): Layer[] => [
    globalAveragePooling2d(),
    dropout(rate),
    dense(classes, { name: 'classifier', kernelInitializer: headInitializer }),
  ],
}
