// Fovea's int8 classifier beside those of Python onnxruntime's quantize_static, for the same model and calibration
// images: accuracy, size and latency of the files, all in Python's onnxruntime, alternating.
// Usage: FOVEA_PYTHON=... npx tsx bench/quantize-peers.ts RUN|MODEL.onnx [TEST_IMAGES] [ROUNDS]
// [CALIBRATION_IMAGES], a classifier of CIFAR-10.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calibrationImages } from '../src/compress/quantize/calibration-images.js'
import { quantizeClassifier } from '../src/compress/quantize/quantize.js'
import { UsageError } from '../src/core/errors.js'
import { openDataset } from '../src/data/datasets/index.js'
import { openClassifier } from '../src/runs/open-classifier.js'

const [path, count = '10000', rounds = '15', calibration = '200'] = process.argv.slice(2)
const interpreter = process.env.FOVEA_PYTHON
if (!path || !interpreter)
  throw new UsageError({
    where: 'quantize-peers',
    expected: 'a run or an ONNX file, and FOVEA_PYTHON',
    received: `${path}, ${interpreter}`,
  })

const { classifier } = await openClassifier(path)
const { train, test } = await openDataset('cifar10', { pull: false, xdgCacheHome: process.env.XDG_CACHE_HOME })
const chosen = calibrationImages(train, Number(calibration))
const folder = mkdtempSync(join(tmpdir(), 'fovea-peers-'))
try {
  const [ours, wide] = [
    await quantizeClassifier(classifier, chosen),
    await quantizeClassifier(classifier, chosen, { format: 'uint8' }),
  ]
  const taken = Math.min(Number(count), test!.count)
  writeFileSync(join(folder, 'float.onnx'), classifier.model)
  writeFileSync(join(folder, 'fovea.onnx'), ours.classifier.model)
  writeFileSync(join(folder, 'fovea-uint8.onnx'), wide.classifier.model)
  writeFileSync(join(folder, 'calibration.bin'), chosen.images)
  writeFileSync(join(folder, 'test.bin'), test!.images.slice(0, taken * 3072))
  writeFileSync(join(folder, 'labels.bin'), Uint8Array.from(test!.labels.subarray(0, taken)))
  const script = join(import.meta.dirname, 'peers', 'quantize_static.py')
  const output = execFileSync(interpreter, [script, folder, rounds], {
    encoding: 'utf8',
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  console.log(JSON.stringify(JSON.parse(output.trim().split('\n').at(-1)!), null, 2))
} finally {
  rmSync(folder, { recursive: true })
}
