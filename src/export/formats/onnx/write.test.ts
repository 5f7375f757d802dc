import { describe, expect, it } from 'vitest'
import { classifierOf } from '../../../classifier/load.js'
import { predict } from '../../../classifier/predict.js'
import { tensor } from '../../../core/tensor.js'
import { Graph } from '../../../onnx/ir.js'
import { decodeModel, scanModel } from '../../../onnx/protobuf/index.js'
import { averagePool } from '../../../ops/average-pool.js'
import { operators } from '../../../ops/index.js'
import { pad } from '../../../ops/pad.js'
import { createSession } from '../../../runtime/node.js'
import type { WriteOptions } from '../../format.js'
import { toChannelsLast } from '../../image-layout.js'
import { sampleClassifier, sampleImages, sampleNetworks } from '../../testing/sample-networks.js'
import { compareProbabilities } from '../../verify.js'
import { halfPrecision } from './half-precision.js'
import { forOpset } from './older-opset.js'
import { writeOnnx } from './write.js'

const COUNT = 6
const { images } = sampleImages(COUNT)
const plain: WriteOptions = { precision: 'fp32', layout: 'nchw' }

async function answersOf(file: Uint8Array, layout: 'nchw' | 'nhwc', batch = COUNT): Promise<Float32Array> {
  const session = await createSession(file, { threads: 1 })
  const sizes = layout === 'nhwc' ? [8, 8, 3] : [3, 8, 8]
  const fed = (layout === 'nhwc' ? toChannelsLast(images, 3, 64) : images).subarray(0, batch * 192)
  const { probabilities } = await session.run({ images: tensor('uint8', [batch, ...sizes], fed) })
  await session.release()
  return probabilities!.data as Float32Array
}

const opsOf = (file: Uint8Array): string[] => decodeModel(file, { operators }).graph.nodes.map(node => node.op.name)

describe.each(Object.entries(sampleNetworks))('ONNX file of a network: %s', (_, layer) => {
  const classifier = sampleClassifier(layer)

  it('answers as the classifier, in the newest and the oldest operator set, channels first and last', async () => {
    const expected = await predict(classifier, images)
    for (const options of [
      plain,
      { ...plain, opset: 13, layout: 'nhwc' } as const,
      { ...plain, opset: 17 },
      { ...plain, opset: 22 },
    ]) {
      const received = await answersOf(writeOnnx(classifier, options), options.layout)
      const { agreeing, largestDifference } = compareProbabilities(expected, received, 5)
      expect([agreeing, largestDifference < 1e-5], JSON.stringify(options)).toEqual([COUNT, true])
    }
    expect(opsOf(writeOnnx(classifier, plain))).not.toContain('BatchNormalization')
  })

  it('in float16 differs by its rounding, and holds no other weights', async () => {
    const file = writeOnnx(classifier, { ...plain, precision: 'fp16' })
    const { largestDifference } = compareProbabilities(
      await predict(classifier, images),
      await answersOf(file, 'nchw'),
      5,
    )
    expect(largestDifference).toBeGreaterThan(1e-7)
    expect(largestDifference).toBeLessThan(2e-2)
    const wide = [...decodeModel(file, { operators }).graph.initializers].filter(
      ([, held]) => held.dtype === 'float32' && held.data.length > 8,
    )
    expect(wide.map(([value]) => value.name)).toEqual([])
    expect(scanModel(file).outputs[0]!.type).toBe('FLOAT')
  })
})

describe('ONNX file', () => {
  const classifier = sampleClassifier(sampleNetworks['residual, strided']!)

  it('takes a fixed number of images where asked', async () => {
    const file = writeOnnx(classifier, { ...plain, fixedBatch: 2 })
    expect(scanModel(file).inputs[0]!.shape).toEqual([2, 3, 8, 8])
    const received = await answersOf(file, 'nchw', 2)
    expect(compareProbabilities((await predict(classifier, images)).subarray(0, 10), received, 5).agreeing).toBe(2)
  })

  it('keeps the mirrored view, whose weights are in the file once', async () => {
    const mirrored = sampleClassifier(sampleNetworks['residual, strided']!, 'mirror')
    const file = writeOnnx(mirrored, plain)
    const { largestDifference } = compareProbabilities(
      await predict(mirrored, images),
      await answersOf(file, 'nchw'),
      5,
    )
    expect(largestDifference).toBeLessThan(1e-5)
    expect(file.length).toBeLessThan(1.5 * writeOnnx(classifier, plain).length)
  })

  it('opens again as a classifier, with its names and its provenance', async () => {
    const again = classifierOf(writeOnnx(classifier, { ...plain, opset: 15 }))
    expect({ ...again, model: classifier.model }).toEqual(classifier)
    expect(await predict(again, images)).not.toEqual(undefined)
    const { metadata, irVersion } = scanModel(again.model)
    expect(irVersion).toBe(8)
    expect(metadata).toMatchObject({
      'fovea.recipe': 'sample',
      'fovea.validationAccuracy': '0.25',
      'fovea.precision': 'fp32',
    })
  })

  it('with channels last does not open as one: read in the other order it would answer wrongly', () => {
    expect(() => classifierOf(writeOnnx(classifier, { ...plain, layout: 'nhwc' }))).toThrow(/--layout nchw/)
  })

  it('refuses what an operator set cannot say, by the name of its layer', () => {
    const graph = new Graph('later')
    const x = graph.input('x', 'float32', [1, 2, 9, 9])
    const y = graph.within('pooling', () => averagePool(x, { kernel_shape: [2, 2], dilations: [2, 2] }))
    graph.output(graph.within('margin', () => pad(y, [0, 0, 1, 1, 0, 0, 0, 0], { mode: 'wrap' })))
    expect(() => forOpset(graph, 18)).toThrow(
      /^pooling\/AveragePool: expected AveragePool with dilations 1,1 in operator set 18, .*--opset 19/,
    )
    expect(forOpset(graph, 19)).toBe(graph)
  })

  it('refuses a weight that float16 cannot hold, by the name of its layer', () => {
    const graph = new Graph('large')
    const x = graph.input('x', 'uint8', [1, 2])
    const layer = graph.within('dense', () =>
      graph.add(operators.find(op => op.name === 'MatMul')!, [
        graph.add(operators.find(op => op.name === 'Cast')!, [x], { to: 1 }),
        graph.initializer('kernel', tensor('float32', [2, 1], Float32Array.of(1, 70_000))),
      ]),
    )
    graph.output(layer, 'y')
    expect(() => halfPrecision(graph)).toThrow(/^dense\/MatMul: expected weights of at most 65504, .*70000 in 'kernel'/)
  })
})
