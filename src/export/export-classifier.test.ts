import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportClassifier, writeOptionsOf } from './export-classifier.js'
import type { ArtefactRuntime, ExportFormat } from './format.js'
import { formatNamed, formats } from './formats/index.js'
import { onnxFormat } from './formats/onnx/index.js'
import { sampleClassifier, sampleImages, sampleNetworks } from './testing/sample-networks.js'
import { compareProbabilities } from './verify.js'

const classifier = sampleClassifier(sampleNetworks['residual, strided']!)
const images = sampleImages(5)

/** The ONNX format with its answers changed on the way out. */
const broken = (change: (row: Float32Array) => void): ExportFormat => ({
  ...onnxFormat,
  openRuntime: async (...place): Promise<ArtefactRuntime> => {
    const runtime = await onnxFormat.openRuntime(...place)
    return {
      ...runtime,
      predict: async (...fed) => {
        const rows = Float32Array.from(await runtime.predict(...fed))
        change(rows)
        return rows
      },
    }
  },
})

describe('export', () => {
  let place = ''
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-export-'))
  })
  afterEach(() => rm(place, { recursive: true }))
  const out = (): string => join(place, 'out')

  it('leaves the artefact and its record, verified on every image', async () => {
    const record = await exportClassifier(classifier, onnxFormat, { out: out(), images, fixedBatch: 2 })
    expect(record.verification).toMatchObject({ images: 5, agreeing: 5, latency: { batch: 2 } })
    expect(record.verification.largestDifference).toBeLessThan(1e-5)
    expect(await readdir(place)).toEqual(['out'])
    expect((await readdir(out())).sort()).toEqual(['export.json', 'model.onnx'])
    expect(JSON.parse(await readFile(join(out(), 'export.json'), 'utf8'))).toEqual(record)
  })

  it.each<[string, (rows: Float32Array) => void]>([
    ['another answer', rows => rows.subarray(0, 5).reverse()],
    ['a probability off by a thousandth', rows => (rows[7]! += 1e-3)],
    ['no number', rows => rows.fill(Number.NaN)],
  ])('keeps nothing of an artefact that gives %s (planted)', async (_, change) => {
    await expect(exportClassifier(classifier, broken(change), { out: out(), images })).rejects.toThrow(
      /onnx export in onnxruntime-node [\d.]+: expected the classifier's own answers on 5 images/,
    )
    expect(await readdir(place)).toEqual([])
  })

  it('lets float16 differ, but not be no numbers (planted)', async () => {
    const off = exportClassifier(
      classifier,
      broken(rows => (rows[0]! += 0.01)),
      { out: out(), images, precision: 'fp16' },
    )
    expect((await off).verification.largestDifference).toBeGreaterThan(5e-3)
    const none = exportClassifier(
      classifier,
      broken(rows => rows.fill(Number.NaN)),
      { out: out(), images, precision: 'fp16' },
    )
    await expect(none).rejects.toThrow(/expected probabilities that are numbers/)
  })

  it('replaces an earlier export, and nothing else', async () => {
    await exportClassifier(classifier, onnxFormat, { out: out(), images })
    await exportClassifier(classifier, onnxFormat, { out: out(), images, precision: 'fp16' })
    expect(JSON.parse(await readFile(join(out(), 'export.json'), 'utf8')).precision).toBe('fp16')
    await writeFile(join(out(), 'mine.txt'), 'mine')
    await expect(exportClassifier(classifier, onnxFormat, { out: out(), images })).rejects.toThrow(/mine\.txt/)
    expect(await readFile(join(out(), 'mine.txt'), 'utf8')).toBe('mine')
    expect(await readdir(place)).toEqual(['out'])
  })

  it('refuses a directory of somebody else and a file in the way', async () => {
    await mkdir(out())
    await writeFile(join(out(), 'model.onnx'), 'mine')
    await expect(exportClassifier(classifier, onnxFormat, { out: out(), images })).rejects.toThrow(/earlier export/)
    await expect(exportClassifier(classifier, onnxFormat, { out: join(out(), 'model.onnx'), images })).rejects.toThrow(
      /a file of that name/,
    )
    expect(await readFile(join(out(), 'model.onnx'), 'utf8')).toBe('mine')
  })

  it('says what a format does not have before anything is computed', () => {
    expect(() => writeOptionsOf(onnxFormat, { precision: 'int8' })).toThrow(
      /fp32 or fp16, received int8.*fovea quantize/,
    )
    expect(() => formatNamed('onx')).toThrow(/did you mean 'onnx'/)
    const without: ExportFormat = { ...onnxFormat, choices: [], layouts: ['nhwc'] }
    expect(() => writeOptionsOf(without, { opset: 15 })).toThrow(/--opset/)
    expect(() => writeOptionsOf(without, { layout: 'nchw' })).toThrow(/expected layout nhwc/)
  })

  it('has every format once, with its own names', () => {
    expect(new Set(formats.map(format => format.name)).size).toBe(formats.length)
    for (const format of formats) expect(writeOptionsOf(format, {}).layout).toBe(format.layouts[0])
  })
})

describe('comparison', () => {
  const rows = Float32Array.of(0.2, 0.8, 0.6, 0.4)
  it.each([
    ['the same', [0.2, 0.8, 0.6, 0.4], 2, 0],
    ['another first class', [0.2, 0.8, 0.4, 0.6], 1, 0.2],
    ['not a number', [0.2, 0.8, Number.NaN, 0.4], 1, Number.POSITIVE_INFINITY],
  ])('%s', (_, received, agreeing, difference) => {
    const result = compareProbabilities(rows, Float32Array.from(received), 2)
    expect(result.agreeing).toBe(agreeing)
    if (difference === Number.POSITIVE_INFINITY) expect(result.largestDifference).toBe(difference)
    else expect(result.largestDifference).toBeCloseTo(difference, 6)
  })

  it('of another number of answers is an error', () => {
    expect(() => compareProbabilities(rows, rows.subarray(0, 2), 2)).toThrow(/expected 4 probabilities, received 2/)
  })
})
