import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { writeClassifier } from '../classifier/save.js'
import { calibrationImages } from '../compress/quantize/calibration-images.js'
import { type Comparison, compareTwins } from '../compress/quantize/compare.js'
import {
  isQuantized,
  type QuantizeOptions,
  quantizeClassifier,
  type WeightRounding,
} from '../compress/quantize/quantize.js'
import type { CalibrationMethod, Range } from '../compress/quantize/ranges.js'
import type { LayerSensitivity } from '../compress/quantize/sensitivity.js'
import { UsageError } from '../core/errors.js'
import { writeJsonAtomic } from '../host/index.js'
import { type DatasetRequest, datasetFor, testImages, trainingImages } from './classifier-images.js'
import { openClassifier } from './open-classifier.js'

export interface QuantizeRequest extends DatasetRequest {
  /** A run directory or an ONNX file. */
  path: string
  /** Training images to measure ranges on; default 200, or one of each class where there are more classes. */
  calibration?: number | undefined
  method: CalibrationMethod
  weights: NonNullable<QuantizeOptions['weights']>
  /** Default: so that outputs stay; where training knew of the rounding, to the nearest as it did. */
  rounding?: WeightRounding | undefined
  /** What the comparison is with; default: the classifier that is quantised. */
  original?: string | undefined
  /** Share of the layers that stays in float32. */
  mixed?: number | undefined
  /** A directory, or a file that ends in .onnx. */
  out?: string | undefined
  /** Test images to compare on; default: all. */
  verify?: number | undefined
  onProgress?: (stage: string, done: number, total: number) => void
}

/** What quantization.json holds. */
export interface QuantizationRecord {
  /** Path of the classifier beside it. */
  model: string
  method: CalibrationMethod
  weights: NonNullable<QuantizeOptions['weights']>
  rounding: WeightRounding
  mixed: number
  calibration: { source: string; images: number }
  comparison: Comparison & { source: string }
  layers: LayerSensitivity[]
  /** [min, max] by the name of the value. */
  ranges: Record<string, Range>
}

const CALIBRATION_IMAGES = 200

/** Quantises a run's classifier or an ONNX file, compares the two on test images and writes the smaller one. */
export async function quantizeSource(request: QuantizeRequest): Promise<QuantizationRecord & { report: string }> {
  const { method, weights, mixed = 0, onProgress } = request
  const { classifier, directory, recipe } = await openClassifier(request.path)
  const paths = await quantizedPaths(request, directory)
  const dataset = await datasetFor(classifier, recipe, request)
  const training = trainingImages(classifier, dataset, recipe)
  const wanted = Math.min(Math.max(CALIBRATION_IMAGES, classifier.classNames.length), training.count)
  const chosen = calibrationImages(training, request.calibration ?? wanted)
  const { rounding = recipe?.quantizationAware ? 'nearest' : 'outputs' } = request
  const quantized = await quantizeClassifier(classifier, chosen, {
    method,
    weights,
    rounding,
    mixed,
    ...(onProgress ? { onProgress } : {}),
  })
  const { source, ...test } = testImages(classifier, dataset!, request.verify ?? Number.POSITIVE_INFINITY)
  const before = request.original === undefined ? classifier : (await openClassifier(request.original)).classifier
  const comparison = await compareTwins(before, quantized.classifier, test, (done, total) =>
    onProgress?.('comparing', done, total),
  )
  const record: QuantizationRecord = {
    model: basename(paths.model),
    method,
    weights,
    rounding,
    mixed,
    calibration: { source: `${dataset!.name}, train`, images: chosen.count },
    comparison: { source, ...comparison },
    layers: quantized.layers,
    ranges: Object.fromEntries(quantized.ranges),
  }
  await writeJsonAtomic(paths.report, record)
  await writeClassifier(paths.model, quantized.classifier)
  return { ...record, ...paths }
}

/** Where the files go. @throws UsageError where something else lies there */
export async function quantizedPaths(
  request: Pick<QuantizeRequest, 'path' | 'out'>,
  run: string | undefined,
): Promise<{ model: string; report: string }> {
  const paths = outputPaths(request, run)
  await checkReplaceable(paths.model)
  return paths
}

function outputPaths({ path, out }: Pick<QuantizeRequest, 'path' | 'out'>, run: string | undefined) {
  if (out !== undefined && extname(out) === '.onnx')
    return { model: out, report: join(dirname(out), `${basename(out, '.onnx')}.quantization.json`) }
  const beside = join(dirname(path), `${basename(path, extname(path))}-int8`)
  const directory = out ?? (run === undefined ? beside : join(run, 'quantized'))
  return { model: join(directory, 'model.onnx'), report: join(directory, 'quantization.json') }
}

/** Nothing, or an earlier quantisation: `--out RUN` would otherwise write over the classifier that was trained. */
async function checkReplaceable(model: string): Promise<void> {
  const held = await readFile(model).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new UsageError({ where: `--out ${model}`, expected: 'a place for a file', received: error.message })
  })
  if (held && !isQuantized(held))
    throw new UsageError({
      where: `--out ${resolve(model)}`,
      expected: 'a new place, or an earlier quantised classifier',
      received: 'another file of that name',
      fix: 'choose another one',
    })
}
