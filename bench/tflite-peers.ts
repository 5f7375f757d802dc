// Fovea's int8 TFLite file beside the one of TensorFlow's own converter, for the same weights and calibration images.
// Usage: FOVEA_PYTHON=... npx tsx bench/tflite-peers.ts RUN [TEST_IMAGES], RUN a run of cifar-cnn on CIFAR-10.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calibrationImages } from '../src/compress/quantize/calibration-images.js'
import { UsageError } from '../src/core/errors.js'
import { openDataset } from '../src/data/datasets/index.js'
import { writeTflite } from '../src/export/formats/tflite/write.js'
import { toChannelsLast } from '../src/export/image-layout.js'
import { decodeModel } from '../src/onnx/protobuf/index.js'
import { operators } from '../src/ops/index.js'
import { openClassifier } from '../src/runs/open-classifier.js'

const CALIBRATION_IMAGES = 512
const WEIGHTS = ['conv2d', 'conv2d_1', 'conv2d_2', 'conv2d_3', 'dense', 'dense_1']

const [run, count = '10000'] = process.argv.slice(2)
const interpreter = process.env.FOVEA_PYTHON
if (!run || !interpreter)
  throw new UsageError({
    where: 'tflite-peers',
    expected: 'a run directory, and FOVEA_PYTHON',
    received: `${run}, ${interpreter}`,
  })

const { classifier } = await openClassifier(run)
const { train, test } = await openDataset('cifar10', { pull: false, xdgCacheHome: process.env.XDG_CACHE_HOME })
const chosen = calibrationImages(train, CALIBRATION_IMAGES)
const { graph } = decodeModel(classifier.model, { operators })
const held = new Map([...graph.initializers].map(([value, tensor]) => [value.name, tensor]))
const names = WEIGHTS.flatMap(layer => [`${layer}/kernel`, `${layer}/bias`])
const missing = names.find(name => !held.has(name))
if (missing) throw new UsageError({ where: run, expected: 'a run of cifar-cnn', received: `no weight '${missing}'` })

const folder = mkdtempSync(join(tmpdir(), 'fovea-peers-'))
try {
  let offset = 0
  const weights = Object.fromEntries(
    names.map(name => {
      const { shape, data } = held.get(name)!
      offset += data.length
      return [name, { shape, offset: offset - data.length }]
    }),
  )
  const numbers = Float32Array.from(names.flatMap(name => [...(held.get(name)!.data as Float32Array)]))
  const filters = [weights['conv2d/kernel']!.shape[0], weights['conv2d_2/kernel']!.shape[0]]
  const manifest = { weights, filters, units: weights['dense/kernel']!.shape[1], ...classifier.preprocess }
  const ours = await writeTflite(classifier, {
    precision: 'int8',
    layout: 'nhwc',
    io: 'int8',
    calibration: async () => chosen,
  })
  const taken = Math.min(Number(count), test!.count)
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'weights.bin'), numbers)
  writeFileSync(join(folder, 'calibration.bin'), toChannelsLast(chosen.images.slice(), 3, 1024))
  writeFileSync(join(folder, 'test.bin'), toChannelsLast(test!.images.slice(0, taken * 3072), 3, 1024))
  writeFileSync(join(folder, 'labels.bin'), Uint8Array.from(test!.labels.subarray(0, taken)))
  writeFileSync(join(folder, 'ours.tflite'), ours)
  const script = join(import.meta.dirname, 'peers', 'keras_tflite.py')
  const output = execFileSync(interpreter, [script, folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  console.log(JSON.stringify(JSON.parse(output.trim().split('\n').at(-1)!), null, 2))
} finally {
  rmSync(folder, { recursive: true })
}
