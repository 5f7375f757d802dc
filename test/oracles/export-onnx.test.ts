import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Classifier } from '../../src/classifier/classifier.js'
import { predict } from '../../src/classifier/predict.js'
import type { WriteOptions } from '../../src/export/format.js'
import { writeOnnx } from '../../src/export/formats/onnx/write.js'
import { toChannelsLast } from '../../src/export/image-layout.js'
import { sampleClassifier, sampleImages, sampleNetworks } from '../../src/export/testing/sample-networks.js'
import { irVersionOf } from '../../src/onnx/opset.js'
import { python } from './python.js'
import { runScript } from './run-script.js'

const interpreter = python()
if (interpreter.missing !== undefined) console.log(`skipped, exported ONNX files: ${interpreter.missing}`)

const COUNT = 4
const { images } = sampleImages(COUNT)
const choices: WriteOptions[] = [
  ...[13, 14, 16, 17, 18, 19, 20, 21, 22].map(opset => ({ precision: 'fp32', layout: 'nchw', opset }) as const),
  { precision: 'fp32', layout: 'nhwc' },
  { precision: 'fp32', layout: 'nchw', fixedBatch: COUNT },
  { precision: 'fp16', layout: 'nchw' },
  { precision: 'fp16', layout: 'nhwc', opset: 13, fixedBatch: COUNT },
]
type Found = Record<string, { complaint?: string; largest: number; type: string; opset: number; ir: number }>

describe.skipIf(interpreter.missing !== undefined)('exported ONNX files in Python', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fovea-export-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function check(classifier: Classifier, file: (options: WriteOptions) => Uint8Array): Promise<Found> {
    const expected = await predict(classifier, images)
    const cases = choices.map((options, i) => {
      const name = `${i}.onnx`
      const last = options.layout === 'nhwc'
      writeFileSync(join(folder, name), file(options))
      writeFileSync(join(folder, `${name}.images`), last ? toChannelsLast(images, 3, 64) : images)
      writeFileSync(join(folder, `${name}.expected`), Buffer.from(expected.buffer))
      return { file: name, shape: last ? [COUNT, 8, 8, 3] : [COUNT, 3, 8, 8] }
    })
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases))
    return JSON.parse(runScript(interpreter.path!, 'export_onnx.py', [folder])) as Found
  }

  it.each(Object.entries(sampleNetworks))('are valid and answer as the classifier: %s', async (_, layer) => {
    const classifier = sampleClassifier(layer)
    const found = await check(classifier, options => writeOnnx(classifier, options))
    choices.forEach((options, i) => {
      const { complaint, largest, type, opset, ir } = found[`${i}.onnx`]!
      const place = JSON.stringify(options)
      expect(complaint, place).toBe(undefined)
      expect(largest, place).toBeLessThan(options.precision === 'fp16' ? 2e-2 : 1e-5)
      expect([type, opset, ir], place).toEqual(['float32', options.opset ?? 20, irVersionOf(options.opset ?? 20)])
    })
  })

  it('would see another network and operators of a later set (planted)', async () => {
    const [own, other] = ['residual, strided', 'plain, valid padding, dense layers'].map(name =>
      sampleClassifier(sampleNetworks[name]!),
    ) as [Classifier, Classifier]
    const found = await check(own, options => writeOnnx(other, options))
    expect(found['0.onnx']!.largest).toBeGreaterThan(1e-3)
    const late = sampleClassifier(sampleNetworks['grouped, dilated, padded by hand']!)
    // Bytes 'opset 20' of the import read 13: Gelu is then an operator that this set has not.
    const lying = await check(late, () => {
      const file = Buffer.from(writeOnnx(late, { precision: 'fp32', layout: 'nchw', opset: 20 }))
      const at = file.lastIndexOf(Buffer.from([0x10, 20]))
      file[at + 1] = 13
      return file
    })
    expect(lying['0.onnx']!.complaint).toMatch(/Gelu|Mish/)
  })
})
