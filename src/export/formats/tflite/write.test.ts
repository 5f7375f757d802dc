import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { predict } from '../../../classifier/predict.js'
import type { ImageSet } from '../../../data/image-set.js'
import { Graph } from '../../../onnx/ir.js'
import { encodeModel } from '../../../onnx/protobuf/index.js'
import { erf } from '../../../ops/erf.js'
import type { WriteOptions } from '../../format.js'
import { sampleClassifier, sampleImages, sampleNetworks, sampleSet } from '../../testing/sample-networks.js'
import { compareProbabilities } from '../../verify.js'
import { FILE_NAME } from './file-name.js'
import { tfliteFormat } from './index.js'
import type { TfliteModel } from './model.js'
import { readModel } from './read-model.js'
import { tfliteGraph, writeTflite } from './write.js'
import { writeModel } from './write-model.js'
import { crc32 } from './zip.js'

const COUNT = 6
const { images } = sampleImages(COUNT)
const calibration = async (): Promise<ImageSet> => sampleSet(COUNT)
const plain: WriteOptions = { precision: 'fp32', layout: 'nhwc' }
const classifier = sampleClassifier(sampleNetworks['residual, strided']!)

/** Probabilities of a file in LiteRT. */
async function answersOf(file: Uint8Array, options: WriteOptions, of = classifier): Promise<Float32Array> {
  const place = await mkdtemp(join(tmpdir(), 'fovea-tflite-'))
  try {
    await writeFile(join(place, FILE_NAME), file)
    const runtime = await tfliteFormat.openRuntime(place, of, options)
    const size = images.length / COUNT
    const rows: number[] = []
    for (let i = 0; i < COUNT; i++) rows.push(...(await runtime.predict(images.slice(i * size, (i + 1) * size), 1)))
    await runtime.close()
    return Float32Array.from(rows)
  } finally {
    await rm(place, { recursive: true })
  }
}

/** Operators that compute in floats, but for the conversions at the ends. */
const floatOperators = ({ operators, tensors, inputs, outputs }: TfliteModel): string[] =>
  operators
    .filter(operator => ![...operator.inputs, ...operator.outputs].some(i => inputs.includes(i) || outputs.includes(i)))
    .filter(operator => [...operator.inputs, ...operator.outputs].some(i => tensors[i]?.type === 'FLOAT32'))
    .map(({ builtin }) => builtin)

describe.each(Object.entries(sampleNetworks))('TFLite file of a network: %s', (title, layer) => {
  const sample = sampleClassifier(layer)

  it('answers as the classifier in LiteRT, with bytes and floats as input', async () => {
    const expected = await predict(sample, images)
    for (const io of ['uint8', 'float'] as const) {
      const options = { ...plain, io }
      const received = await answersOf(await writeTflite(sample, options), options, sample)
      const { agreeing, largestDifference } = compareProbabilities(expected, received, 5)
      expect([agreeing, largestDifference < 2e-6], io).toEqual([COUNT, true])
    }
  })

  it('differs by the rounding of float16 weights, and by that of integers', async () => {
    const expected = await predict(sample, images)
    for (const [precision, bound] of [
      ['fp16', 2e-3],
      ['int8', 0.06],
    ] as const) {
      const options = { ...plain, precision, calibration }
      const received = await answersOf(await writeTflite(sample, options), options, sample)
      const { largestDifference } = compareProbabilities(expected, received, 5)
      expect(largestDifference, precision).toBeGreaterThan(1e-6)
      expect(largestDifference, precision).toBeLessThan(bound)
    }
  })

  it('computes in integers between int8 ends, but for what has no integer kernel', async () => {
    const options = { ...plain, precision: 'int8', io: 'int8', calibration } as const
    const file = await writeTflite(sample, options)
    const model = readModel(file)
    const floats = floatOperators(model)
    if (title === 'grouped, dilated, padded by hand') expect(new Set(floats)).toContain('EXP')
    else expect(floats).toEqual([])
    expect([...model.inputs, ...model.outputs].map(i => model.tensors[i]!.type)).toEqual(['INT8', 'INT8'])
    expect(model.tensors[model.outputs[0]!]!.quantization).toEqual({ scale: [1 / 256], zeroPoint: [-128], axis: 0 })
    const bytes = { ...options, io: 'uint8' } as const
    const received = await answersOf(file, options, sample)
    expect(received).toEqual(await answersOf(await writeTflite(sample, bytes), bytes, sample))
  })
})

describe('TFLite files', () => {
  it('a kernel that is off is seen (planted)', async () => {
    const model = readModel(await writeTflite(classifier, plain))
    const kernel = model.tensors.find(({ data, shape }) => data && shape.length === 4)!
    const changed = Float32Array.from(new Float32Array(kernel.data!.slice().buffer)).reverse()
    const tensors = model.tensors.map(tensor =>
      tensor === kernel ? { ...tensor, data: new Uint8Array(changed.buffer) } : tensor,
    )
    const received = await answersOf(writeModel({ ...model, tensors }), plain)
    const { largestDifference } = compareProbabilities(await predict(classifier, images), received, 5)
    expect(largestDifference).toBeGreaterThan(1e-3)
  })

  it('fuses activations and biases, folds batch normalisation, and has no stray operator', async () => {
    const { operators } = readModel(await writeTflite(classifier, plain))
    const names = operators.map(({ builtin }) => builtin)
    expect(names).toEqual([
      ...['CAST', 'MUL', 'ADD', 'CONV_2D', 'CONV_2D', 'ADD', 'CONV_2D', 'CONV_2D', 'ADD', 'MEAN', 'RESHAPE'],
      ...['FULLY_CONNECTED', 'SOFTMAX'],
    ])
    expect(operators[3]!.options).toMatchObject({ activation: 1, padding: 0 })
  })

  it('gives the bytes of constants multiples of 16 as their places', async () => {
    const file = await writeTflite(classifier, plain)
    const held = readModel(file).tensors.flatMap(({ data }) => (data ? [data.byteOffset - file.byteOffset] : []))
    expect(held.length).toBeGreaterThan(5)
    expect(held.filter(at => at % 16 !== 0)).toEqual([])
  })

  it.each(['fp32', 'fp16', 'int8'] as const)('%s: holds the weights of two views of an image once', async precision => {
    const options = { ...plain, precision, calibration }
    const mirrored = sampleClassifier(sampleNetworks['residual, strided']!, 'mirror')
    const [one, two] = [
      readModel(await writeTflite(classifier, options)),
      readModel(await writeTflite(mirrored, options)),
    ]
    const kernels = ({ tensors }: TfliteModel): number =>
      tensors.reduce((sum, { data, shape }) => sum + (data && shape.length === 4 ? data.length : 0), 0)
    expect(kernels(one)).toBeGreaterThan(1000)
    expect(kernels(two)).toBe(kernels(one))
    const convolutions = ({ operators }: TfliteModel): number =>
      operators.filter(({ builtin }) => builtin === 'CONV_2D').length
    expect(convolutions(two)).toBe(2 * convolutions(one))
  })

  it('has one scale for each output channel, on the axis where the kernel has them', async () => {
    const sample = sampleClassifier(sampleNetworks['depthwise, squeeze and excitation']!)
    const model = readModel(await writeTflite(sample, { ...plain, precision: 'int8', calibration }))
    for (const { builtin, inputs } of model.operators) {
      const [x, w, b] = inputs.map(i => model.tensors[i]!) as [
        TfliteModel['tensors'][0],
        ...TfliteModel['tensors'][0][],
      ]
      const axis = { CONV_2D: 0, DEPTHWISE_CONV_2D: 3 }[builtin as string]
      if (axis === undefined) continue
      const channels = w!.shape[axis]!
      expect([w!.quantization!.axis, w!.quantization!.scale.length]).toEqual([axis, channels])
      expect(new Set(w!.quantization!.zeroPoint)).toEqual(new Set([0]))
      const products = w!.quantization!.scale.map(scale => Math.fround(scale * x.quantization!.scale[0]!))
      expect(b!.quantization!.scale).toEqual(products)
    }
  })

  it('carries its labels as a file that unzips, and a description', async () => {
    const file = await writeTflite(classifier, plain)
    const text = new TextDecoder().decode(file)
    expect(text).toContain('labels.txtclass 0\nclass 1\nclass 2\nclass 3\nclass 4\n')
    const { metadata, description } = readModel(file)
    expect(description).toBe('Image classifier, 5 classes; recipe sample; fp32; made by Fovea')
    expect(metadata.map(({ name }) => name)).toEqual(['TFLITE_METADATA'])
    expect(new TextDecoder().decode(metadata[0]!.data.subarray(4, 8))).toBe('M001')
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  })

  it('names the layer of an operator that TFLite has not, before anything is measured', async () => {
    const graph = new Graph('classifier')
    const x = graph.input('images', 'float32', ['N', 5])
    graph.output(
      graph.within('block/odd', () => erf(x)),
      'probabilities',
    )
    const odd = { ...classifier, model: encodeModel(graph) }
    await expect(writeTflite(odd, plain)).rejects.toThrow(
      'block/odd/Erf: expected a builtin operator (TFLite), received Erf. Fix: export to ONNX instead',
    )
    expect(tfliteGraph(odd.model).nodes).toHaveLength(1)
  })

  it('wants integers at the ends of integer models only, and images to measure', async () => {
    await expect(writeTflite(classifier, { ...plain, io: 'int8' })).rejects.toThrow(
      'received --io int8 with --precision fp32',
    )
    await expect(writeTflite(classifier, { ...plain, precision: 'int8' })).rejects.toThrow(
      'expected images to find the ranges of the activations with, received none',
    )
  })
})
