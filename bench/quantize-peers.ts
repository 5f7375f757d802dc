// Fovea's int8 classifier beside those of Python onnxruntime's quantize_static, for the same models and calibration
// images: accuracy, size and latency of the files, all in Python's onnxruntime, alternating. Of several models also the
// answers of all together: on one, a difference of ten images of 10,000 is as often luck as not.
// Usage: FOVEA_PYTHON=... npx tsx bench/quantize-peers.ts RUN|MODEL.onnx... [--images 10000] [--rounds 15]
// [--calibration 200], classifiers of CIFAR-10.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { calibrationImages } from '../src/compress/quantize/calibration-images.js'
import { quantizeClassifier } from '../src/compress/quantize/quantize.js'
import { UsageError } from '../src/core/errors.js'
import { openDataset } from '../src/data/datasets/index.js'
import { openClassifier } from '../src/runs/open-classifier.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '15' },
    calibration: { type: 'string', default: '200' },
  },
})
const interpreter = process.env.FOVEA_PYTHON
if (!positionals.length || !interpreter)
  throw new UsageError({
    where: 'quantize-peers',
    expected: 'runs or ONNX files, and FOVEA_PYTHON',
    received: `${positionals.join(' ') || 'none'}, ${interpreter}`,
  })

/** Of one file beside Fovea's: images that Fovea's alone, and that the file alone, classifies right. */
interface Paired {
  onlyFovea: number
  onlyThis: number
}
interface Compared {
  images: number
  files: Record<string, { beside: Paired }>
}

const { train, test } = await openDataset('cifar10', { pull: false, xdgCacheHome: process.env.XDG_CACHE_HOME })
const chosen = calibrationImages(train, Number(values.calibration))
const taken = Math.min(Number(values.images), test!.count)
const results: Record<string, Compared> = {}
for (const path of positionals) {
  results[path] = await compared(path)
  console.error(`${path}: done`)
}
const together = positionals.length > 1 ? { together: pooled(Object.values(results)) } : {}
console.log(JSON.stringify({ ...results, ...together }, null, 1))

async function compared(path: string): Promise<Compared> {
  const { classifier } = await openClassifier(path)
  const folder = mkdtempSync(join(tmpdir(), 'fovea-peers-'))
  try {
    const [ours, wide] = [
      await quantizeClassifier(classifier, chosen),
      await quantizeClassifier(classifier, chosen, { format: 'uint8' }),
    ]
    writeFileSync(join(folder, 'float.onnx'), classifier.model)
    writeFileSync(join(folder, 'fovea.onnx'), ours.classifier.model)
    writeFileSync(join(folder, 'fovea-uint8.onnx'), wide.classifier.model)
    writeFileSync(join(folder, 'calibration.bin'), chosen.images)
    writeFileSync(join(folder, 'test.bin'), test!.images.slice(0, taken * 3072))
    writeFileSync(join(folder, 'labels.bin'), Uint8Array.from(test!.labels.subarray(0, taken)))
    const script = join(import.meta.dirname, 'peers', 'quantize_static.py')
    const output = execFileSync(interpreter!, [script, folder, values.rounds], {
      encoding: 'utf8',
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return JSON.parse(output.trim().split('\n').at(-1)!) as Compared
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Points of accuracy that Fovea's file has more than each other, and the half width of their 95 % interval (McNemar). */
function pooled(all: readonly Compared[]): Record<string, Paired & { points: number; margin: number; images: number }> {
  const names = Object.keys(all[0]!.files).filter(name => all.every(({ files }) => files[name]))
  return Object.fromEntries(
    names.map(name => {
      const sum = (of: keyof Paired): number => all.reduce((total, { files }) => total + files[name]!.beside[of], 0)
      const images = all.reduce((total, one) => total + one.images, 0)
      const [onlyFovea, onlyThis] = [sum('onlyFovea'), sum('onlyThis')]
      const points = (100 * (onlyFovea - onlyThis)) / images
      const margin = (196 * Math.sqrt(onlyFovea + onlyThis)) / images
      return [name, { images, onlyFovea, onlyThis, points, margin }]
    }),
  )
}
