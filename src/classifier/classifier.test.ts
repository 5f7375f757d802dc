import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../core/random.js'
import { float32, type Tensor, tensor, toNumbers } from '../core/tensor.js'
import { conv2d } from '../nn/layers/conv2d.js'
import { dense } from '../nn/layers/dense.js'
import { dropout } from '../nn/layers/dropout.js'
import { flatten } from '../nn/layers/shape.js'
import { describe as describeNetwork, sequential } from '../nn/network.js'
import { Graph } from '../onnx/ir.js'
import { encodeModel } from '../onnx/protobuf/index.js'
import { cast } from '../ops/cast.js'
import { identity } from '../ops/identity.js'
import { createSession } from '../runtime/node.js'
import { buildInference } from './inference-graph.js'
import { classifierOf, loadClassifier } from './load.js'
import { predict, topClasses } from './predict.js'
import { makeClassifier, writeClassifier } from './save.js'

const network = sequential([conv2d(4, 3, { activation: 'relu' }), dropout(0.5), flatten(), dense(3)])
const inputShape = [3, 4, 4] as const
const weights = new Map<string, Tensor>(
  describeNetwork(network, inputShape).parameters.map(({ name, shape, initializer }) => [
    name,
    tensor('float32', shape, initializer(shape, randomStream(1, name))),
  ]),
)
const parts = {
  layer: network,
  inputShape,
  preprocess: { mean: [0.5, 0.4, 0.3], standardDeviation: [0.2, 0.3, 0.4] },
  weights,
  classNames: ['cat', 'dog', 'öl'],
  provenance: { recipe: 'test', seed: 3, dataset: 'none' },
}
const images = new Uint8Array(300 * 48)
randomStream(2).fillBytes(images)

describe('classifier', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fovea-classifier-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('comes back from its file with names, pre-processing and provenance, and the same answers', async () => {
    const made = makeClassifier(parts)
    await writeClassifier(join(directory, 'model.onnx'), made)
    const loaded = await loadClassifier(join(directory, 'model.onnx'))
    expect({ ...loaded, model: made.model }).toEqual(made)
    const probabilities = await predict(loaded, images)
    expect(probabilities).toEqual(await predict(made, images))
    expect(probabilities.length).toBe(900)
    for (let i = 0; i < 300; i++) {
      const row = probabilities.subarray(3 * i, 3 * i + 3)
      expect(row[0]! + row[1]! + row[2]!).toBeCloseTo(1, 5)
    }
  })

  it('answers alike for images in memory that threads share', async () => {
    const made = makeClassifier(parts)
    const shared = new Uint8Array(new SharedArrayBuffer(images.length))
    shared.set(images)
    expect(await predict(made, shared)).toEqual(await predict(made, images))
  })

  it('averages an image with its mirror where asked', async () => {
    const plain = makeClassifier(parts)
    const mirrored = Uint8Array.from(images.subarray(0, 48), (_, p) => images[p - (p % 4) + (3 - (p % 4))]!)
    const both = await predict(makeClassifier({ ...parts, testTimeAugmentation: 'mirror' }), images.slice(0, 48))
    const [own, other] = [await predict(plain, images.slice(0, 48)), await predict(plain, mirrored)]
    for (let c = 0; c < 3; c++) expect(both[c]).toBeCloseTo((own[c]! + other[c]!) / 2, 6)
  })

  it('averages six views, shifted ones with half the weight of the others', async () => {
    const plain = makeClassifier(parts)
    const at = (c: number, y: number, x: number): number => images[(4 * c + y) * 4 + x]!
    // Padding by one that mirrors the row beside the edge, as numpy.pad does with 'reflect'.
    const fold = (i: number): number => (i < 0 ? 1 : i > 3 ? 2 : i)
    const viewOf = (mirrored: boolean, shift: number): Uint8Array =>
      Uint8Array.from({ length: 48 }, (_, p) => {
        const [c, y, x] = [p >> 4, (p >> 2) & 3, mirrored ? 3 - (p & 3) : p & 3]
        return at(c, fold(y - shift), fold(x - shift))
      })
    const expected = [0, 0, 0]
    for (const [shift, weight] of [
      [0, 0.25],
      [1, 0.125],
      [-1, 0.125],
    ] as const)
      for (const mirrored of [false, true])
        (await predict(plain, viewOf(mirrored, shift))).forEach((p, c) => {
          expected[c]! += weight * p
        })
    const made = makeClassifier({ ...parts, testTimeAugmentation: 'mirror-and-shifts' })
    const six = await predict(made, images.slice(0, 48))
    for (let c = 0; c < 3; c++) expect(six[c]).toBeCloseTo(expected[c]!, 6)
    expect(classifierOf(made.model).testTimeAugmentation).toBe('mirror-and-shifts')
    // Planted: two views are not six.
    const two = await predict(makeClassifier({ ...parts, testTimeAugmentation: 'mirror' }), images.slice(0, 48))
    expect(Math.max(...two.map((p, c) => Math.abs(p - expected[c]!)))).toBeGreaterThan(1e-5)
  })

  it('weights as inputs give the numbers of weights in the file', async () => {
    const { graph, exposed } = buildInference({ ...parts, weights: 'inputs', batchSize: 2, exposeLayers: true })
    // Dropout passes its input on and is no output of its own.
    expect(exposed.map(({ layer }) => layer)).toEqual(['conv2d', 'flatten', 'dense'])
    const session = await createSession(encodeModel(graph))
    const outputs = await session.run({
      ...Object.fromEntries(weights),
      images: tensor('uint8', [2, 3, 4, 4], images.slice(0, 96)),
    })
    const expected = await predict(makeClassifier(parts), images.slice(0, 96))
    toNumbers(outputs.probabilities!).forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i]!, 6)
    })
  })

  it('refuses bytes that are no whole images', async () => {
    await expect(predict(makeClassifier(parts), images.slice(0, 50))).rejects.toThrow(
      'predict: expected whole images of 48 bytes, uint8 [3, 4, 4], received 50 bytes',
    )
  })

  it('ranks classes, ties in their order', () => {
    expect(topClasses(Float32Array.of(0.25, 0.5, 0.25), parts.classNames, 2)).toEqual([
      { className: 'dog', classIndex: 1, probability: 0.5 },
      { className: 'cat', classIndex: 0, probability: 0.25 },
    ])
  })

  it('refuses what is no ONNX file, and a graph of another form', async () => {
    await writeFile(join(directory, 'text.onnx'), 'hello')
    await expect(loadClassifier(join(directory, 'text.onnx'))).rejects.toThrow(/text\.onnx: /)
    await expect(loadClassifier(join(directory, 'absent.onnx'))).rejects.toThrow(/absent\.onnx: expected an ONNX file/)
    const other = new Graph('other')
    other.output(identity(other.input('x', 'float32', ['N', 3])), 'y')
    expect(() => classifierOf(encodeModel(other), 'other.onnx')).toThrow(
      "other.onnx: expected one input 'images' of uint8 [N, channels, height, width], received x: FLOAT [N, 3]",
    )
    const noAnswer = new Graph('no-answer')
    noAnswer.output(cast(noAnswer.input('images', 'uint8', ['N', 3, 4, 4]), 'float32'), 'y')
    expect(() => classifierOf(encodeModel(noAnswer), 'x.onnx')).toThrow("an output 'probabilities'")
  })

  it('refuses class names that are not as many as the classes', () => {
    const graph = new Graph('few')
    graph.input('images', 'uint8', ['N', 1, 1, 1])
    graph.output(identity(graph.constant(float32([1, 0], [1, 2]))), 'probabilities')
    expect(() => classifierOf(encodeModel(graph, { metadata: { 'fovea.classNames': '["one"]' } }))).toThrow(
      '2 names, one for each class',
    )
    expect(classifierOf(encodeModel(graph)).classNames).toEqual(['class 0', 'class 1'])
  })
})
