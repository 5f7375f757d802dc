import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { predict } from '../../src/classifier/predict.js'
import { type QuantizeOptions, quantizeClassifier } from '../../src/compress/quantize/quantize.js'
import { sampleClassifier, sampleNetworks, sampleSet } from '../../src/export/testing/sample-networks.js'
import { python } from './python.js'
import { runScript } from './run-script.js'

const interpreter = python()
if (interpreter.missing !== undefined) console.log(`skipped, quantised ONNX files: ${interpreter.missing}`)

const set = sampleSet(60)
/** Integers are computed exactly by both; floats before and after in another order, which may move one integer by one. */
const ONE_STEP = 2e-2
const choices: QuantizeOptions[] = [
  {},
  { weights: 'per-tensor', method: 'minmax' },
  { format: 'uint8', method: 'entropy' },
  { mixed: 0.3, method: 'percentile' },
]
type Found = Record<string, { complaint?: string; largest: number; opset: number }>

describe.skipIf(interpreter.missing !== undefined)('quantised ONNX files in Python', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fovea-quantized-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** `expected`: probabilities of the file in Fovea's own runtime. */
  function check(files: readonly { model: Uint8Array; expected: Float32Array }[]): Found {
    const cases = files.map(({ model, expected }, i) => {
      const name = `${i}.onnx`
      writeFileSync(join(folder, name), model)
      writeFileSync(join(folder, `${name}.images`), set.images)
      writeFileSync(join(folder, `${name}.expected`), Buffer.from(expected.buffer))
      return { file: name, shape: [set.count, ...set.shape] }
    })
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases))
    return JSON.parse(runScript(interpreter.path!, 'export_onnx.py', [folder])) as Found
  }

  it.each(Object.entries(sampleNetworks))('are valid and answer as in Node: %s', async (_, layer) => {
    const classifier = sampleClassifier(layer, 'mirror')
    const files = []
    for (const options of choices) {
      const { classifier: quantized } = await quantizeClassifier(classifier, set, options)
      files.push({ model: quantized.model, expected: await predict(quantized, set.images) })
    }
    const found = check(files)
    choices.forEach((options, i) => {
      const { complaint, largest } = found[`${i}.onnx`]!
      expect(complaint, JSON.stringify(options)).toBe(undefined)
      expect(largest, JSON.stringify(options)).toBeLessThan(ONE_STEP)
    })
  })

  it('would see the integers of another network (planted)', async () => {
    const [own, other] = ['residual, strided', 'plain, valid padding, dense layers'].map(name =>
      sampleClassifier(sampleNetworks[name]!),
    )
    const quantized = await quantizeClassifier(own!, set)
    const expected = await predict(other!, set.images)
    expect(check([{ model: quantized.classifier.model, expected }])['0.onnx']!.largest).toBeGreaterThan(0.1)
  })
})
