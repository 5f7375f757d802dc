/**
 * A run's classifier in every format and in every runtime that reads it, on the test images: how many keep their class,
 * and the largest difference of a probability, against `fovea predict`.
 *
 *     FOVEA_PYTHON=... npx tsx bench/exports.ts RUN [images]
 *
 * Python's runtimes and a browser are asked where they are installed. Ends with 1 where an answer differs.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { predict } from '../src/classifier/predict.js'
import { UsageError } from '../src/core/errors.js'
import { toChannelsLast } from '../src/export/image-layout.js'
import { compareProbabilities, FP32_TOLERANCE } from '../src/export/verify.js'
import { datasetFor, testImages } from '../src/runs/classifier-images.js'
import { exportSource } from '../src/runs/export-run.js'
import { openClassifier } from '../src/runs/open-classifier.js'
import { findChromium } from '../test/end-to-end/report-page.js'
import { answersInBrowser } from '../test/end-to-end/tfjs-page.js'
import { askPython } from '../test/oracles/ask-python.js'
import { python } from '../test/oracles/python.js'

const [run, wanted = '10000'] = process.argv.slice(2)
if (!run) throw new UsageError({ where: 'exports', expected: 'a run directory', received: 'none' })
const verify = Number(wanted)

const { classifier, recipe } = await openClassifier(run)
const [channels, height, width] = classifier.inputShape
const dataset = await datasetFor(classifier, recipe, { cacheHome: process.env.XDG_CACHE_HOME })
const { images, count, source } = testImages(classifier, dataset!, verify)
const lying = toChannelsLast(images.slice(), channels, height * width)
const expected = await predict(classifier, images)
console.log(`${run}: ${count} images (${source})`)

let differ = false
function say(format: string, runtime: string, found: { agreeing: number; largestDifference: number }): void {
  const { agreeing, largestDifference } = found
  differ ||= agreeing < count || largestDifference > FP32_TOLERANCE
  console.log(
    `${format.padEnd(7)} ${runtime.padEnd(34)} same class ${agreeing} of ${count}, probabilities within ${largestDifference.toExponential(1)}`,
  )
}
const compare = (format: string, runtime: string, probabilities: Float32Array): void =>
  say(format, runtime, compareProbabilities(expected, probabilities, classifier.classNames.length))

const folder = mkdtempSync(join(tmpdir(), 'fovea-exports-'))
const exported = async (to: string): Promise<(name: string) => Uint8Array> => {
  const { verification, directory } = await exportSource({
    path: run,
    to,
    verify,
    out: join(folder, to),
    cacheHome: process.env.XDG_CACHE_HOME,
  })
  say(to, `${verification.runtime}, Node`, verification)
  return name => readFileSync(join(directory, name))
}
try {
  const { path: interpreter, missing } = python()
  if (missing) console.log(`not asked: Python (${missing})`)
  const onnx = await exported('onnx')
  if (interpreter)
    compare('onnx', 'onnxruntime, Python', askPython(interpreter, 'onnx', onnx('model.onnx'), images).probabilities)
  const tflite = await exported('tflite')
  if (interpreter)
    compare('tflite', 'LiteRT, Python', askPython(interpreter, 'tflite', tflite('model.tflite'), lying).probabilities)
  await exported('tfjs')
  const chromium = findChromium()
  if (chromium) {
    const shape = [count, height, width, channels] as const
    const answers = await answersInBrowser(chromium, join(folder, 'tfjs'), lying, shape)
    compare('tfjs', `${answers.runtime}, Chromium`, answers.probabilities)
    for (const complaint of answers.complaints) console.log(`  ${complaint}`)
    differ ||= answers.complaints.length > 0
  } else console.log('not asked: TensorFlow.js in a browser (no chromium)')
} finally {
  rmSync(folder, { recursive: true })
}
process.exitCode = differ ? 1 : 0
