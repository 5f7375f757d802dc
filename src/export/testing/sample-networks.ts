import type { Classifier } from '../../classifier/classifier.js'
import { makeClassifier } from '../../classifier/save.js'
import { randomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { type Tensor, tensor } from '../../core/tensor.js'
import { type ImageSet, imageSet } from '../../data/image-set.js'
import type { ActivationName } from '../../nn/activations.js'
import { batchNormalization } from '../../nn/layers/batch-normalization.js'
import { conv2d, depthwiseConv2d } from '../../nn/layers/conv2d.js'
import { dense } from '../../nn/layers/dense.js'
import { averagePooling2d, globalAveragePooling2d, globalMaxPooling2d, maxPooling2d } from '../../nn/layers/pooling.js'
import { activation, add, concatenate, flatten } from '../../nn/layers/shape.js'
import { sequential } from '../../nn/network.js'
import { type Layer, Scope } from '../../nn/scope.js'
import { Graph } from '../../onnx/ir.js'
import { layerNormalization } from '../../ops/layer-normalization.js'
import { matMul } from '../../ops/mat-mul.js'
import { mul } from '../../ops/mul.js'
import { pad } from '../../ops/pad.js'
import { reshape } from '../../ops/reshape.js'
import { softmax } from '../../ops/softmax.js'
import { swapLast, transpose } from '../../ops/transpose.js'
import type { VerificationImages } from '../verify.js'

const SIDE = 8
const CLASSES = 5

/** conv, batch norm, activation: with statistics that are not 0 and 1, folding them is not the identity. */
const unit = (filters: number, kind: ActivationName = 'relu', strides = 1): Layer =>
  sequential([conv2d(filters, 3, { padding: 'same', strides, useBias: false }), batchNormalization(), activation(kind)])

const residual: Layer = (x, scope) => add([x, unit(x.shape[1] as number)(x, scope)])
const dense2: Layer = (x, scope) => concatenate([x, unit(3)(x, scope)])

const squeezeExcitation: Layer = (x, scope) => {
  const channels = x.shape[1] as number
  const squeezed = globalAveragePooling2d()(x, scope)
  const gates = dense(channels, { activation: 'hardSigmoid' })(dense(4, { activation: 'silu' })(squeezed, scope), scope)
  return mul(x, reshape(gates, [x.shape[0]!, channels, 1, 1]))
}

/** Layer norm over tokens and one head of attention: [N, C, H, W] -> [N, C, H, W]. */
const attention: Layer = (x, scope) => {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const tokens = transpose(reshape(x, [n, c, h * w]), [0, 2, 1])
  const parameter = (name: string, shape: number[]) =>
    scope.parameter(name, shape, 'kernel', (s, r) =>
      Float32Array.from({ length: sizeOf(s) }, () => r.normal() / Math.sqrt(c)),
    )
  const normal = layerNormalization(tokens, parameter('attention/scale', [c]), parameter('attention/shift', [c]))
  const [q, k, v] = ['query', 'key', 'value'].map(name => matMul(normal, parameter(`attention/${name}`, [c, c])))
  const mixed = matMul(softmax(matMul(q!, swapLast(k!)), 2), v!)
  return reshape(transpose(mixed, [0, 2, 1]), [n, c, h, w])
}

const head: Layer = sequential([flatten(), dense(CLASSES)])

/** Networks that together have every operator that families of image classifiers use. */
export const sampleNetworks: Readonly<Record<string, Layer>> = {
  'plain, valid padding, dense layers': sequential([
    conv2d(6, 3, { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    dense(7, { activation: 'tanh' }),
    dense(CLASSES),
  ]),
  'residual, strided': sequential([
    unit(6),
    residual,
    unit(8, 'relu', 2),
    residual,
    globalAveragePooling2d(),
    dense(CLASSES),
  ]),
  'densely connected, batch norm first': sequential([
    conv2d(4, 3, { padding: 'same' }),
    dense2,
    batchNormalization(),
    activation('relu'),
    averagePooling2d(2),
    head,
  ]),
  'depthwise, squeeze and excitation': sequential([
    unit(8, 'hardSwish', 2),
    depthwiseConv2d(5, { padding: 'same', depthMultiplier: 2, useBias: false }),
    batchNormalization(),
    activation('relu6'),
    squeezeExcitation,
    conv2d(8, 1),
    globalMaxPooling2d(),
    dense(CLASSES),
  ]),
  'grouped, dilated, padded by hand': sequential([
    conv2d(8, 3, { padding: 'same', activation: 'gelu' }),
    conv2d(8, 3, { groups: 2, padding: 'same', activation: 'sigmoid' }),
    x => pad(x, [0, 0, 1, 0, 0, 0, 0, 2]),
    conv2d(6, 3, { dilationRate: 2, padding: 'same', activation: 'leakyRelu' }),
    maxPooling2d(3, { strides: 2, padding: 'same' }),
    averagePooling2d(3, { strides: 2, padding: 'same' }),
    activation('mish'),
    head,
  ]),
  'attention over pixels': sequential([conv2d(6, 2, { strides: 2, activation: 'elu' }), attention, residual, head]),
}

/** A classifier of images [3, 8, 8] with random weights, large enough at the end for decided answers. */
export function sampleClassifier(layer: Layer, testTimeAugmentation: 'none' | 'mirror' = 'none'): Classifier {
  const weights = new Map<string, Tensor>()
  const graph = new Graph('shapes')
  const scope = new Scope(graph, 'inference', {
    parameter: ({ name, shape, initializer }) => {
      const data = initializer(shape, randomStream(5, name))
      weights.set(
        name,
        tensor(
          'float32',
          shape,
          data.map(x => x * 1.5),
        ),
      )
      return graph.input(name, 'float32', shape)
    },
    statistic: ({ name, shape, initial }) => {
      const stream = randomStream(6, name)
      weights.set(
        name,
        tensor(
          'float32',
          shape,
          Float32Array.from({ length: sizeOf(shape) }, () => initial * 0.5 + stream.uniform()),
        ),
      )
      return graph.input(name, 'float32', shape)
    },
  })
  layer(graph.input('images', 'float32', ['N', 3, SIDE, SIDE]), scope)
  return makeClassifier({
    layer,
    inputShape: [3, SIDE, SIDE],
    preprocess: { mean: [0.49, 0.48, 0.45], standardDeviation: [0.25, 0.24, 0.26] },
    weights,
    classNames: Array.from({ length: CLASSES }, (_, c) => `class ${c}`),
    provenance: { recipe: 'sample', seed: 5, validationAccuracy: 0.25, versions: { fovea: '0.0.0' } },
    testTimeAugmentation,
  })
}

/** The same as a set, to calibrate on. */
export function sampleSet(count: number): ImageSet {
  const { images, labels } = sampleImages(count)
  return imageSet({
    name: 'sample',
    shape: [3, SIDE, SIDE],
    classNames: Array.from({ length: CLASSES }, (_, c) => `class ${c}`),
    images,
    labels: Uint8Array.from(labels!),
  })
}

/** Random images, as verification takes them. */
export function sampleImages(count: number): VerificationImages {
  const images = new Uint8Array(count * 3 * SIDE * SIDE)
  randomStream(7).fillBytes(images)
  return { images, count, labels: Array.from({ length: count }, (_, i) => i % CLASSES), source: 'random bytes' }
}
