import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Classifier } from '../../../classifier/classifier.js'
import { predict } from '../../../classifier/predict.js'
import { rules } from '../../channels-last/to-channels-last.js'
import type { ExportedFile, Precision } from '../../format.js'
import { sampleClassifier, sampleImages, sampleNetworks } from '../../testing/sample-networks.js'
import { compareProbabilities } from '../../verify.js'
import { openTfjs } from './runtime.js'
import { writeTfjs } from './write.js'

const COUNT = 4
const { images } = sampleImages(COUNT)
const choices = (precision: Precision) => ({ precision, layout: 'nhwc' }) as const

describe('TensorFlow.js model', () => {
  let place = ''
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-tfjs-'))
  })
  afterAll(() => rm(place, { recursive: true }))

  async function answersOf(classifier: Classifier, files: ExportedFile[]): Promise<Float32Array> {
    for (const { path, content } of files) await writeFile(join(place, path), content)
    const runtime = await openTfjs(place, classifier, choices('fp32'))
    return runtime.predict(images, COUNT).finally(() => runtime.close())
  }

  it.each(Object.entries(sampleNetworks))('answers as the classifier: %s', async (_, layer) => {
    const classifier = sampleClassifier(layer)
    const received = await answersOf(classifier, await writeTfjs(classifier, choices('fp32')))
    const { agreeing, largestDifference } = compareProbabilities(await predict(classifier, images), received, 5)
    expect([agreeing, largestDifference]).toEqual([COUNT, expect.closeTo(0, 5)])
  })

  it('keeps the mirrored view', async () => {
    const classifier = sampleClassifier(sampleNetworks['residual, strided']!, 'mirror')
    const received = await answersOf(classifier, await writeTfjs(classifier, choices('fp32')))
    expect(compareProbabilities(await predict(classifier, images), received, 5).largestDifference).toBeLessThan(1e-5)
  })

  const classifier = sampleClassifier(sampleNetworks['residual, strided']!)
  it.each<[Precision, number, number]>([
    ['fp16', 0.55, 5e-3],
    ['int8', 0.32, 0.2],
  ])('stores the weights as %s, smaller, and answers nearly alike', async (precision, share, tolerance) => {
    const [json, shard] = await writeTfjs(classifier, choices(precision))
    const whole = (await writeTfjs(classifier, choices('fp32')))[1]!.content.length
    expect(shard!.content.length / whole).toBeLessThan(share)
    const received = await answersOf(classifier, [json!, shard!])
    const { largestDifference } = compareProbabilities(await predict(classifier, images), received, 5)
    expect(largestDifference).toBeGreaterThan(1e-7)
    expect(largestDifference).toBeLessThan(tolerance)
  })

  it('with one changed weight answers otherwise (planted)', async () => {
    const [json, shard] = await writeTfjs(classifier, choices('fp32'))
    const changed = Uint8Array.from(shard!.content)
    new Float32Array(changed.buffer).fill(3, 0, 200)
    const received = await answersOf(classifier, [json!, { path: shard!.path, content: changed }])
    expect(compareProbabilities(await predict(classifier, images), received, 5).largestDifference).toBeGreaterThan(1e-3)
  })

  it('turns images into channels last once, and nothing else', async () => {
    const [json] = await writeTfjs(classifier, choices('fp32'))
    const { modelTopology, signature } = JSON.parse(Buffer.from(json!.content).toString())
    const ops = (modelTopology.node as { op: string }[]).map(node => node.op)
    expect(ops).not.toContain('Transpose')
    expect(signature.inputs.images).toEqual({
      name: 'images:0',
      dtype: 'DT_INT32',
      tensorShape: { dim: [{ size: '-1' }, { size: '8' }, { size: '8' }, { size: '3' }] },
    })
  })

  it('names the layer of an operator that it has no form for', async () => {
    expect(Object.keys(rules)).toContain('ArgMax')
    const { emitterOf } = await import('./operators.js')
    const node = { name: 'head/ArgMax', op: { name: 'ArgMax' } } as never
    expect(() => emitterOf(node)).toThrow(
      /^head\/ArgMax: expected an operator that TensorFlow\.js has, received ArgMax/,
    )
  })
})
