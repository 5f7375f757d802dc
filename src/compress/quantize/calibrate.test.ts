import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { tensor } from '../../core/tensor.js'
import { type ImageSet, imageSet } from '../../data/image-set.js'
import { Graph } from '../../onnx/ir.js'
import { cast } from '../../ops/cast.js'
import { conv } from '../../ops/conv.js'
import { evaluateGraph } from '../../ops/evaluate-graph.js'
import { flatten } from '../../ops/flatten.js'
import { scale } from '../../ops/mul.js'
import { relu } from '../../ops/relu.js'
import { softmax } from '../../ops/softmax.js'
import { calibrate } from './calibrate.js'
import { calibrationImages } from './calibration-images.js'

const SHAPE = [2, 4, 4] as const

function images(labels: readonly number[], classes = 3): ImageSet {
  const bytes = new Uint8Array(labels.length * 32)
  randomStream(1, 'images').fillBytes(bytes)
  const classNames = Array.from({ length: classes }, (_, c) => `class${c}`)
  return imageSet({ name: 'set', classNames, shape: SHAPE, images: bytes, labels: Uint8Array.from(labels) })
}

function network(batch: number | string = 'N'): Graph {
  const graph = new Graph('network')
  const stream = randomStream(2, 'weights')
  const x = scale(cast(graph.input('images', 'uint8', [batch, ...SHAPE]), 'float32'), 1 / 255)
  const w = tensor(
    'float32',
    [3, 2, 3, 3],
    Float32Array.from({ length: 54 }, () => stream.normal()),
  )
  const y = relu(conv(x, graph.initializer('kernel', w)))
  graph.output(softmax(flatten(y)), 'probabilities')
  return graph
}

describe('calibrationImages', () => {
  const labels = Array.from({ length: 90 }, (_, i) => (i < 60 ? 0 : i < 85 ? 1 : 2))
  it('takes every class in equal parts, as far as its images reach', () => {
    const chosen = calibrationImages(images(labels), 30)
    const counts = [0, 1, 2].map(c => chosen.labels.filter(label => label === c).length)
    expect(counts).toEqual([13, 12, 5])
    expect(Array.from(chosen.labels.slice(0, 6))).toEqual([0, 1, 2, 0, 1, 2])
    expect(calibrationImages(images(labels), 30).images).toEqual(chosen.images)
    expect(calibrationImages(images(labels), 30, { seed: 2 }).images).not.toEqual(chosen.images)
  })

  it('says which class has no image, and which counts are possible', () => {
    expect(() => calibrationImages(images(labels.filter(label => label !== 1)), 30)).toThrow(
      "received none of 'class1'",
    )
    expect(() => calibrationImages(images(labels), 2)).toThrow(
      'expected a whole number from 3 (one image for each class) to 90, received 2',
    )
    expect(() => calibrationImages(images(labels), 91)).toThrow('received 91')
  })
})

describe('calibrate', () => {
  const set = images(Array.from({ length: 70 }, (_, i) => i % 3))

  it('gives every value that depends on the images the range that it has', async () => {
    const graph = network()
    const ranges = await calibrate(graph, set, { method: 'minmax' })
    const known = evaluateGraph(graph, { images: { shape: [70, ...SHAPE], data: Float64Array.from(set.images) } })
    const floats = graph.nodes.flatMap(node => node.outputs)
    expect([...ranges.keys()]).toEqual(floats.map(value => value.name))
    for (const value of floats) {
      const { data } = known.get(value)!
      const [low, high] = ranges.get(value.name)!
      expect(low).toBeCloseTo(Math.min(...data), 4)
      expect(high).toBeCloseTo(Math.max(...data), 4)
    }
    // Planted: other images have other ranges.
    const others = await calibrate(graph, calibrationImages(set, 3), { method: 'minmax' })
    expect(others.get('Conv')).not.toEqual(ranges.get('Conv'))
  })

  it('takes a graph of a fixed batch, where the images fill it', async () => {
    const any = await calibrate(network(), set, { method: 'minmax' })
    const fixed = await calibrate(network(35), set, { method: 'minmax' })
    expect(fixed.get('Relu')![1]).toBeCloseTo(any.get('Relu')![1], 5)
    await expect(calibrate(network(32), set)).rejects.toThrow('expected a multiple of 32')
  })

  it('says what does not fit', async () => {
    const wide = imageSet({ ...set, shape: [1, 4, 8] })
    await expect(calibrate(network(), wide)).rejects.toThrow('expected images of [2, 4, 4], received [1, 4, 8]')
    const plain = new Graph('plain')
    plain.output(relu(plain.input('x', 'float32', ['N', 3])))
    await expect(calibrate(plain, set)).rejects.toThrow('received x: float32 [N, 3]')
  })
})
