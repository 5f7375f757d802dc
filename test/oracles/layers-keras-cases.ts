import { type ActivationName, activations } from '../../src/nn/activations.js'
import { batchNormalization } from '../../src/nn/layers/batch-normalization.js'
import { conv2d, depthwiseConv2d } from '../../src/nn/layers/conv2d.js'
import { dense } from '../../src/nn/layers/dense.js'
import {
  averagePooling2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  maxPooling2d,
} from '../../src/nn/layers/pooling.js'
import { rescaling } from '../../src/nn/layers/rescaling.js'
import { activation, flatten } from '../../src/nn/layers/shape.js'
import type { Layer } from '../../src/nn/scope.js'

export interface KerasCase {
  what: string
  build: Layer
  /** Without the batch; images as [C, H, W]. */
  input: readonly number[]
  /** Class of keras.layers and its arguments; images go through it with channels last. */
  keras: string
  arguments: Readonly<Record<string, unknown>>
}

const odd = [4, 9, 7] as const
const even = [4, 8, 10] as const
const both = [
  ['odd', odd],
  ['even', even],
] as const

const convolutions: KerasCase[] = both.flatMap(([size, input]) => [
  {
    what: `conv2d, defaults, ${size}`,
    build: conv2d(5, 3),
    input,
    keras: 'Conv2D',
    arguments: { filters: 5, kernel_size: 3 },
  },
  ...[1, 2, 3].flatMap(strides =>
    [2, 3, 5].map(kernel => ({
      what: `conv2d, same, kernel ${kernel}, strides ${strides}, ${size}`,
      build: conv2d(3, kernel, { padding: 'same', strides, activation: 'relu' }),
      input,
      keras: 'Conv2D',
      arguments: { filters: 3, kernel_size: kernel, padding: 'same', strides, activation: 'relu' },
    })),
  ),
  {
    what: `conv2d, same, dilated, ${size}`,
    build: conv2d(3, [3, 2], { padding: 'same', dilationRate: 2, useBias: false }),
    input,
    keras: 'Conv2D',
    arguments: { filters: 3, kernel_size: [3, 2], padding: 'same', dilation_rate: 2, use_bias: false },
  },
  {
    what: `conv2d, groups, ${size}`,
    build: conv2d(6, 3, { groups: 2, strides: 2 }),
    input,
    keras: 'Conv2D',
    arguments: { filters: 6, kernel_size: 3, groups: 2, strides: 2 },
  },
  ...[1, 2].map(strides => ({
    what: `depthwiseConv2d, same, strides ${strides}, ${size}`,
    build: depthwiseConv2d(3, { padding: 'same', strides, depthMultiplier: 2 }),
    input,
    keras: 'DepthwiseConv2D',
    arguments: { kernel_size: 3, padding: 'same', strides, depth_multiplier: 2 },
  })),
])

const poolings: KerasCase[] = both.flatMap(([size, input]) =>
  [
    ['maxPooling2d', maxPooling2d, 'MaxPooling2D'] as const,
    ['averagePooling2d', averagePooling2d, 'AveragePooling2D'] as const,
  ].flatMap(([name, layer, keras]) => [
    { what: `${name}, defaults, ${size}`, build: layer(), input, keras, arguments: { pool_size: 2 } },
    ...(['same', 'valid'] as const).flatMap(padding =>
      [2, 3].map(strides => ({
        what: `${name}, ${padding}, pool [3, 2], strides ${strides}, ${size}`,
        build: layer([3, 2], { padding, strides }),
        input,
        keras,
        arguments: { pool_size: [3, 2], padding, strides },
      })),
    ),
  ]),
)

/** Keras' word for each of our activations: camelCase there is snake_case. */
export const kerasActivation = (name: ActivationName): string =>
  name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const activationsByName: KerasCase[] = (Object.keys(activations) as ActivationName[]).flatMap(name =>
  [odd, [30]].map(input => ({
    what: `activation ${name}, ${input.length === 1 ? 'vectors' : 'images'}`,
    build: activation(name),
    input,
    keras: 'Activation',
    arguments: { activation: kerasActivation(name) },
  })),
)

export const kerasCases: readonly KerasCase[] = [
  ...convolutions,
  ...poolings,
  { what: 'dense', build: dense(5), input: [7], keras: 'Dense', arguments: { units: 5 } },
  {
    what: 'dense, softmax, no bias',
    build: dense(5, { activation: 'softmax', useBias: false }),
    input: [7],
    keras: 'Dense',
    arguments: { units: 5, activation: 'softmax', use_bias: false },
  },
  {
    what: 'batchNormalization, inference',
    build: batchNormalization(),
    input: odd,
    keras: 'BatchNormalization',
    arguments: {},
  },
  {
    what: 'batchNormalization, inference, no scale',
    build: batchNormalization({ scale: false, epsilon: 0.1 }),
    input: odd,
    keras: 'BatchNormalization',
    arguments: { scale: false, epsilon: 0.1 },
  },
  {
    what: 'globalAveragePooling2d',
    build: globalAveragePooling2d(),
    input: odd,
    keras: 'GlobalAveragePooling2D',
    arguments: {},
  },
  { what: 'globalMaxPooling2d', build: globalMaxPooling2d(), input: odd, keras: 'GlobalMaxPooling2D', arguments: {} },
  {
    what: 'rescaling',
    build: rescaling(1 / 127.5, -1),
    input: odd,
    keras: 'Rescaling',
    arguments: { scale: 1 / 127.5, offset: -1 },
  },
  { what: 'flatten of vectors', build: flatten(), input: [7], keras: 'Flatten', arguments: {} },
  ...activationsByName,
]
