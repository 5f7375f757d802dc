import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { predict } from '../../src/classifier/predict.js'
import type { ImageSet } from '../../src/data/image-set.js'
import type { WriteOptions } from '../../src/export/format.js'
import { readModel } from '../../src/export/formats/tflite/read-model.js'
import { writeTflite } from '../../src/export/formats/tflite/write.js'
import { writeModel } from '../../src/export/formats/tflite/write-model.js'
import { appendZip } from '../../src/export/formats/tflite/zip.js'
import { toChannelsLast } from '../../src/export/image-layout.js'
import { sampleClassifier, sampleImages, sampleNetworks, sampleSet } from '../../src/export/testing/sample-networks.js'
import { compareProbabilities } from '../../src/export/verify.js'
import { python } from './python.js'
import { runScript } from './run-script.js'

const interpreter = python()
if (interpreter.missing !== undefined) console.warn(`skipped, TFLite export: ${interpreter.missing}`)

const COUNT = 8
const { images } = sampleImages(COUNT)
const calibration = async (): Promise<ImageSet> => sampleSet(COUNT)

const variants: Readonly<Record<string, WriteOptions & { bound: number }>> = {
  'fp32-uint8': { precision: 'fp32', layout: 'nhwc', bound: 2e-6 },
  'fp32-float': { precision: 'fp32', layout: 'nhwc', io: 'float', bound: 2e-6 },
  fp16: { precision: 'fp16', layout: 'nhwc', bound: 2e-3 },
  'int8-uint8': { precision: 'int8', layout: 'nhwc', calibration, bound: 0.06 },
  'int8-int8': { precision: 'int8', layout: 'nhwc', io: 'int8', calibration, bound: 0.06 },
}

interface Found {
  inputs: string[]
  outputs: string[]
  labels: string[]
  batched: number
  operators: string[]
}

const networks = Object.entries(sampleNetworks).map(([title, layer]) => ({
  title,
  name: title.replace(/\W+/g, '-'),
  classifier: sampleClassifier(layer),
}))

/** The file with its first kernel turned round. */
function damaged(file: Uint8Array): Uint8Array {
  const model = readModel(file)
  const kernel = model.tensors.find(({ data, shape }) => data && shape.length === 4)!
  const changed = Float32Array.from(new Float32Array(kernel.data!.slice().buffer)).reverse()
  const tensors = model.tensors.map(tensor =>
    tensor === kernel ? { ...tensor, data: new Uint8Array(changed.buffer) } : tensor,
  )
  return appendZip(writeModel({ ...model, tensors }), [{ name: 'labels.txt', data: new Uint8Array() }])
}

describe.skipIf(interpreter.missing !== undefined)("TFLite files in Python's LiteRT", () => {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-oracle-'))
  let found: Record<string, Found>
  beforeAll(async () => {
    writeFileSync(join(folder, 'images.bin'), toChannelsLast(images, 3, 64))
    for (const { name, classifier } of networks)
      for (const [variant, options] of Object.entries(variants))
        writeFileSync(join(folder, `${name}.${variant}.tflite`), await writeTflite(classifier, options))
    const plain = await writeTflite(networks[0]!.classifier, variants['fp32-uint8']!)
    writeFileSync(join(folder, 'planted.tflite'), damaged(plain))
    found = JSON.parse(runScript(interpreter.path!, 'export_tflite.py', [folder])) as typeof found
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const probabilities = (file: string): Float32Array => {
    const bytes = readFileSync(join(folder, `${file}.bin`))
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  }

  it.each(networks)('answer as the classifier, one by one and together: $title', async ({ name, classifier }) => {
    const expected = await predict(classifier, images)
    for (const [variant, { bound }] of Object.entries(variants)) {
      const { largestDifference } = compareProbabilities(expected, probabilities(`${name}.${variant}`), 5)
      expect(largestDifference, variant).toBeLessThan(bound)
      expect(found[`${name}.${variant}`]!.batched, variant).toBeLessThan(bound / 2)
    }
  })

  it('have ends and labels by name, and nothing but builtin operators', () => {
    expect(Object.keys(found)).toHaveLength(networks.length * Object.keys(variants).length + 1)
    for (const [file, { inputs, outputs, labels: read, operators }] of Object.entries(found)) {
      if (file === 'planted') continue
      expect([inputs, outputs]).toEqual([['images'], ['probabilities']])
      expect(read).toEqual(['class 0', 'class 1', 'class 2', 'class 3', 'class 4'])
      expect(operators.filter(name => /custom|flex/i.test(name))).toEqual([])
    }
  })

  it('would be seen with a kernel turned round (planted)', async () => {
    const expected = await predict(networks[0]!.classifier, images)
    const { largestDifference } = compareProbabilities(expected, probabilities('planted'), 5)
    expect(largestDifference).toBeGreaterThan(1e-2)
  })
})
