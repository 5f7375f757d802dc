import { RandomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { tensor } from '../../core/tensor.js'
import type { ActivationName } from '../../nn/activations.js'
import { batchNormalization } from '../../nn/layers/batch-normalization.js'
import { conv2d, depthwiseConv2d } from '../../nn/layers/conv2d.js'
import { dense } from '../../nn/layers/dense.js'
import { averagePooling2d, globalAveragePooling2d, globalMaxPooling2d, maxPooling2d } from '../../nn/layers/pooling.js'
import { activation, add, concatenate, flatten } from '../../nn/layers/shape.js'
import { sequential } from '../../nn/network.js'
import { type Layer, Scope } from '../../nn/scope.js'
import { Graph, type Value } from '../../onnx/ir.js'
import type { Numbers } from '../../onnx/operator.js'
import { cast } from '../../ops/cast.js'
import { mul, scale } from '../../ops/mul.js'
import { reshape } from '../../ops/reshape.js'
import { softmax } from '../../ops/softmax.js'

/** A layer's inference graph with random weights: `images` [N, C, H, W] bytes -> probabilities [N, classes]. */
export function randomInference(layer: Layer, inputShape: readonly number[], seed = 1): Graph {
  const graph = new Graph('classifier')
  const images = graph.input('images', 'uint8', ['N', ...inputShape])
  const numbers = (name: string, shape: readonly number[], low: number, high: number): Value => {
    const stream = new RandomStream(seed, ['weights', name])
    const data = Float32Array.from({ length: sizeOf(shape) }, () => stream.uniform(low, high))
    return graph.initializer(name, tensor('float32', shape, data))
  }
  const scope = new Scope(graph, 'inference', {
    parameter: ({ name, shape }) => {
      const reach = Math.sqrt(6 / Math.max(sizeOf(shape.slice(1)), 1))
      return shape.length > 1 ? numbers(name, shape, -reach, reach) : numbers(name, shape, 0.5, 1.5)
    },
    statistic: ({ name, shape }) => numbers(name, shape, 0.2, 1.5),
  })
  const logits = layer(scale(cast(images, 'float32'), 1 / 255), scope)
  graph.output(softmax(logits, 1), 'probabilities')
  return graph
}

/** Random bytes as an image batch. */
export function randomImages(shape: readonly number[], seed = 2): Numbers {
  const stream = new RandomStream(seed, ['images'])
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => Math.floor(stream.uniform(0, 256))) }
}

const residual =
  (inner: Layer): Layer =>
  (x, scope) =>
    add([x, inner(x, scope)])

const dense2d = (filters: number): Layer => {
  const branch = conv2d(filters, 3, { padding: 'same' })
  return (x, scope) => concatenate([x, branch(x, scope)])
}

/** Hu et al. 2018: channels weighed by what a small network says of their means. */
const squeezeExcitation: Layer = (x, scope) => {
  const C = x.shape[1] as number
  const means = reshape(globalAveragePooling2d()(x, scope), [x.shape[0]!, C, 1, 1])
  const weights = sequential([conv2d(2, 1, { activation: 'relu' }), conv2d(C, 1, { activation: 'sigmoid' })])(
    means,
    scope,
  )
  return mul(x, weights)
}

const kinds: ActivationName[] = ['relu', 'relu6', 'hardSwish', 'hardSigmoid', 'sigmoid', 'tanh', 'gelu', 'silu', 'elu']

/** A network of blocks that a stream of random numbers picks. */
export function randomNetwork(seed: number): Layer {
  const stream = new RandomStream(seed, ['network'])
  const pick = <T>(items: readonly T[]): T => items[Math.floor(stream.uniform(0, items.length))]!
  const block = (): Layer => {
    const kind = pick(kinds)
    const blocks: (() => Layer)[] = [
      () =>
        conv2d(pick([4, 6]), pick([1, 2, 3]), {
          padding: pick(['same', 'valid', [1, 0, 2, 1]] as const),
          activation: kind,
        }),
      () => conv2d(4, 3, { padding: 'same', strides: 2, activation: kind }),
      () => conv2d(4, 3, { padding: pick(['same', [1, 1, 1, 1]] as const), dilationRate: 2 }),
      () =>
        depthwiseConv2d(3, {
          padding: pick(['same', [1, 1, 1, 1]] as const),
          depthMultiplier: pick([1, 2]),
          strides: pick([1, 2]),
        }),
      () => sequential([conv2d(4, 1), conv2d(6, 3, { groups: 2, padding: 'same' })]),
      () => sequential([conv2d(4, 3, { padding: 'same', useBias: false }), batchNormalization(), activation(kind)]),
      () =>
        sequential([
          conv2d(4, 2, { padding: 'same' }),
          maxPooling2d(2),
          batchNormalization({ scale: false }),
          activation(kind),
        ]),
      () => sequential([batchNormalization(), activation(kind), conv2d(4, 1)]),
      () =>
        maxPooling2d(pick([2, 3]), { padding: pick(['same', 'valid', [1, 1, 1, 1]] as const), strides: pick([1, 2]) }),
      () =>
        averagePooling2d(pick([2, 3]), {
          padding: pick(['same', 'valid', [1, 0, 1, 0]] as const),
          strides: pick([1, 2]),
        }),
      () => sequential([conv2d(4, 1), residual(conv2d(4, 3, { padding: 'same', activation: kind }))]),
      () => dense2d(3),
      () => squeezeExcitation,
    ]
    return pick(blocks)()
  }
  const heads: (() => Layer)[] = [
    () => sequential([flatten(), dense(5)]),
    () => sequential([flatten(), activation('relu'), dense(6, { activation: 'relu' }), dense(5)]),
    () => sequential([globalAveragePooling2d(), dense(5)]),
    () => sequential([globalMaxPooling2d(), dense(5, { useBias: false })]),
  ]
  return sequential([...Array.from({ length: 4 }, block), pick(heads)()])
}
