import { describe, expect, it } from 'vitest'
import { buildInference } from '../classifier/inference-graph.js'
import { unitRange } from '../classifier/preprocess.js'
import { randomStream } from '../core/random.js'
import { type Tensor, tensor } from '../core/tensor.js'
import { imageSet } from '../data/image-set.js'
import { conv2d } from '../nn/layers/conv2d.js'
import { dense } from '../nn/layers/dense.js'
import { dropout } from '../nn/layers/dropout.js'
import { maxPooling2d } from '../nn/layers/pooling.js'
import { flatten } from '../nn/layers/shape.js'
import { describe as describeNetwork, sequential } from '../nn/network.js'
import { encodeModel } from '../onnx/protobuf/index.js'
import { createSession } from '../runtime/node.js'
import { createValidator } from './validation.js'

const layer = sequential([
  conv2d(16, 3, { padding: 'same', activation: 'relu' }),
  maxPooling2d(2),
  dropout(0.5),
  flatten(),
  dense(3),
])
const shape = [3, 8, 8] as const
const weights = new Map<string, Tensor>(
  describeNetwork(layer, shape).parameters.map(({ name, shape, initializer }) => [
    name,
    tensor('float32', shape, initializer(shape, randomStream(1, name))),
  ]),
)
const COUNT = 130
const images = new Uint8Array(COUNT * 192)
randomStream(2).fillBytes(images)
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 3)
const set = imageSet({ name: 'noise', classNames: ['a', 'b', 'c'], shape, images, labels })

describe('validation', () => {
  it('scores every image and describes each layer over the first 50, as sums over its whole output do', async () => {
    const validate = createValidator({ layer, preprocess: unitRange }, set, { device: 'cpu', threads: 1 })
    const { graph, exposed } = buildInference({
      layer,
      inputShape: shape,
      preprocess: unitRange,
      weights,
      exposeLayers: true,
    })
    const session = await createSession(encodeModel(graph), { threads: 1 })
    const all = await session.run({ images: tensor('uint8', [COUNT, ...shape], images) })
    const rows = all.probabilities!.data as Float32Array
    const truth = Array.from(labels, (label, i) => rows[3 * i + label]!)
    const right = Array.from(labels, (_, i) => truth[i] === Math.max(...rows.subarray(3 * i, 3 * i + 3)))
    // The second call goes through the same sessions.
    await validate(weights)
    const result = await validate(weights)
    expect(result.accuracy).toBe(right.filter(Boolean).length / COUNT)
    expect(result.loss).toBeCloseTo(truth.reduce((sum, p) => sum - Math.log(p), 0) / COUNT, 5)
    expect(result.activations.map(({ layer }) => layer)).toEqual(['conv2d', 'maxPooling2d', 'flatten', 'dense'])
    for (const [i, { output }] of exposed.entries()) {
      const { data, shape } = all[output]!
      const values = Array.from((data as Float32Array).subarray(0, (data.length / shape[0]!) * 50))
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
      const found = result.activations[i]!
      expect(found.mean).toBeCloseTo(mean, 5)
      expect(found.standardDeviation).toBeCloseTo(Math.sqrt(variance), 5)
      expect(found.zeroFraction).toBeCloseTo(values.filter(x => x === 0).length / values.length, 6)
    }
    await session.release()
  })
})
