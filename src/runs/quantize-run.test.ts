import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { predict } from '../classifier/predict.js'
import { writeClassifier } from '../classifier/save.js'
import { quantizeClassifier } from '../compress/quantize/quantize.js'
import { signalToErrorDb } from '../compress/quantize/sensitivity.js'
import { encodePng } from '../data/image/decode.js'
import { sampleClassifier, sampleNetworks, sampleSet } from '../export/testing/sample-networks.js'
import { evaluateSource } from './evaluate-run.js'
import { exportSource } from './export-run.js'
import { type QuantizeRequest, quantizeSource } from './quantize-run.js'

const set = sampleSet(60)
const classifier = sampleClassifier(sampleNetworks['residual, strided']!, 'mirror')
let root: string
let model: string

/** The sample's images as a folder, those of the last class only where it is asked for. */
async function writeFolder(name: string, classes: number): Promise<string> {
  const folder = join(root, name)
  for (const split of ['train', 'test'])
    for (let i = 0; i < set.count; i++) {
      const label = set.labels[i]!
      const place = join(folder, split, `class ${label}`)
      await mkdir(place, { recursive: true })
      const size = 3 * 8 * 8
      if (label < classes)
        await writeFile(join(place, `${i}.png`), encodePng(set.images.slice(i * size, (i + 1) * size), 3, 8, 8))
    }
  return folder
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fovea-quantize-'))
  model = join(root, 'model.onnx')
  await writeClassifier(model, classifier)
})
afterAll(() => rm(root, { recursive: true, force: true }))

const quantize = (dataset: string, more: Partial<QuantizeRequest> = {}) =>
  quantizeSource({
    path: model,
    dataset,
    dataDir: join(root, 'cache'),
    method: 'mse',
    weights: 'per-channel',
    calibration: 40,
    ...more,
  })

describe('quantizeSource', () => {
  it('writes a classifier that evaluates as it says, and a report beside it', async () => {
    const dataset = await writeFolder('images', 5)
    const record = await quantize(dataset, { out: join(root, 'out') })
    expect(record.model).toBe(join(root, 'out', 'model.onnx'))
    expect((await readdir(join(root, 'out'))).sort()).toEqual(['model.onnx', 'quantization.json'])
    const { comparison, ...written } = JSON.parse(await readFile(record.report, 'utf8'))
    expect(comparison).toEqual(record.comparison)
    expect(comparison).toMatchObject({ images: 60, before: { sizeBytes: classifier.model.length } })
    expect(comparison.agreeing).toBeGreaterThan(55)
    expect(written.layers.map(({ name }: { name: string }) => name)).toEqual(record.layers.map(({ name }) => name))
    for (const { name, signalToErrorDb: db } of record.layers) expect(db, name).toBeGreaterThan(20)
    expect(Object.keys(written.ranges).length).toBeGreaterThan(10)
    const source = { dataset, dataDir: join(root, 'cache'), split: 'test' } as const
    const [before, after] = await Promise.all([model, record.model].map(path => evaluateSource({ ...source, path })))
    expect(after!.accuracy).toBe(comparison.after.accuracy)
    expect(before!.accuracy).toBe(comparison.before.accuracy)
    expect(after!.accuracyInterval).toEqual(comparison.after.accuracyInterval)
    const again = await quantize(dataset, { out: join(root, 'out'), verify: 7 })
    expect(again.comparison.images).toBe(7)
    await expect(quantize(dataset, { path: record.model, out: join(root, 'twice') })).rejects.toThrow(
      'received one that was quantised before',
    )
    await expect(exportSource({ path: record.model, to: 'tflite', verify: 1 })).rejects.toThrow('--to onnx or web')
    const file = await quantize(dataset, { out: join(root, 'small.onnx'), weights: 'per-tensor' })
    expect(file.report).toBe(join(root, 'small.quantization.json'))
  })

  it('keeps what somebody else made', async () => {
    const before = await readFile(model)
    await expect(quantize('any', { out: root })).rejects.toThrow('an earlier quantised classifier')
    await expect(quantize('any', { out: model })).rejects.toThrow('an earlier quantised classifier')
    expect(await readFile(model)).toEqual(before)
  })

  it('says what it has no images for, and writes nothing', async () => {
    const four = await writeFolder('four', 4)
    await expect(quantize(four, { out: join(root, 'none') })).rejects.toThrow("'class 4'")
    await expect(quantize(await writeFolder('all', 5), { out: join(root, 'none'), calibration: 3 })).rejects.toThrow(
      'expected a whole number from 5',
    )
    await expect(readdir(join(root, 'none'))).rejects.toThrow('ENOENT')
  })
})

describe.each(Object.entries(sampleNetworks))('%s', (_, layer) => {
  it('gives nearly the same probabilities in 8 bits', async () => {
    const float = sampleClassifier(layer)
    const quantized = await quantizeClassifier(float, set)
    const [exact, approximate] = [await predict(float, set.images), await predict(quantized.classifier, set.images)]
    expect(signalToErrorDb(exact, approximate)).toBeGreaterThan(20)
    // Planted: the answers for other images.
    expect(signalToErrorDb(exact, exact.slice().reverse())).toBeLessThan(10)
  })
})
