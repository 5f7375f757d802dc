import { randomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { type Tensor, tensor } from '../../core/tensor.js'
import { batchNormalization } from '../../nn/layers/batch-normalization.js'
import { conv2d, depthwiseConv2d } from '../../nn/layers/conv2d.js'
import { dense } from '../../nn/layers/dense.js'
import { globalAveragePooling2d, maxPooling2d } from '../../nn/layers/pooling.js'
import { activation, add, concatenate, flatten } from '../../nn/layers/shape.js'
import { cifarCnn } from '../../nn/models/cifar-cnn.js'
import { whitenedCnn } from '../../nn/models/whitened-cnn.js'
import { sequential } from '../../nn/network.js'
import type { Layer } from '../../nn/scope.js'
import { mul } from '../../ops/mul.js'
import { reshape } from '../../ops/reshape.js'
import { networkGraph } from '../channels/network-graph.js'

/** Images of every network here. */
export const INPUT = [3, 8, 8] as const
const CLASSES = 5

const convolution = (filters: number, size = 3, options: Parameters<typeof conv2d>[2] = {}): Layer =>
  sequential([
    conv2d(filters, size, { padding: 'same', useBias: false, ...options }),
    batchNormalization(),
    activation('relu'),
  ])
const head = sequential([globalAveragePooling2d(), dense(CLASSES)])

/** Two convolutions around a shortcut; with `filters` of their own and a stride the shortcut is projected. */
const block = (filters: number, project: boolean): Layer => {
  const inner = sequential([
    convolution(filters, 3, project ? { strides: 2 } : {}),
    conv2d(filters, 3, { padding: 'same' }),
    batchNormalization(),
  ])
  const shortcut: Layer = project ? conv2d(filters, 1, { strides: 2 }) : x => x
  return (x, scope) => activation('relu')(add([inner(x, scope), shortcut(x, scope)]), scope)
}

/** Hu et al. 2018: a gate for each channel. */
const squeezeExcite =
  (channels: number): Layer =>
  (x, scope) => {
    const squeezed = globalAveragePooling2d()(x, scope)
    const gate = sequential([dense(4, { activation: 'relu' }), dense(channels, { activation: 'sigmoid' })])(
      squeezed,
      scope,
    )
    return mul(x, reshape(gate, [...gate.shape, 1, 1]))
  }

/** Every layer sees all before it. */
const denseBlock: Layer = (x, scope) => {
  const a = convolution(4)(x, scope)
  const ax = concatenate([x, a])
  const b = convolution(4)(ax, scope)
  return concatenate([ax, b])
}

/** One of each way in which channels depend on channels. */
export const networks: Readonly<Record<string, Layer>> = {
  plain: cifarCnn(CLASSES, { filters: [4, 6], units: 10 }),
  whitened: whitenedCnn(CLASSES, { filters: [6, 8, 8], pooled: [true, false, true], activation: 'gelu' }),
  residual: sequential([convolution(6), block(6, false), block(8, true), block(8, false), head]),
  concatenated: sequential([convolution(6), denseBlock, conv2d(8, 1), maxPooling2d(2), denseBlock, head]),
  'depthwise separable': sequential([
    convolution(6),
    depthwiseConv2d(3, { padding: 'same', depthMultiplier: 2 }),
    convolution(8, 1),
    conv2d(8, 3, { groups: 8, padding: 'same', activation: 'relu' }),
    conv2d(6, 1),
    head,
  ]),
  grouped: sequential([
    convolution(8),
    conv2d(12, 3, { groups: 2, padding: 'same', activation: 'relu' }),
    conv2d(8, 1),
    head,
  ]),
  'squeeze-excited': sequential([
    convolution(6),
    squeezeExcite(6),
    convolution(8),
    squeezeExcite(8),
    flatten(),
    dense(CLASSES),
  ]),
}

/** Weights of no special form: statistics too, so that no normalisation is the identity. */
export function randomWeights(layer: Layer, inputShape: readonly number[] = INPUT): Map<string, Tensor> {
  const [, ...weights] = networkGraph(layer, inputShape, { batchSize: 1 }).graph.inputs
  return new Map(
    weights.map(({ name, shape }) => {
      const stream = randomStream(5, name)
      const size = sizeOf(shape as number[])
      const positive = name.endsWith('movingVariance') || name.endsWith('gamma')
      const data = Float32Array.from({ length: size }, () =>
        positive ? 0.5 + stream.uniform() : 0.5 * stream.normal(),
      )
      return [name, tensor('float32', shape as number[], data)]
    }),
  )
}
