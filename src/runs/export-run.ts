import { basename, dirname, extname, join } from 'node:path'
import type { Classifier } from '../classifier/classifier.js'
import { isQuantized } from '../compress/quantize/quantize.js'
import { UsageError } from '../core/errors.js'
import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { exportClassifier, writeOptionsOf } from '../export/export-classifier.js'
import type { ExportRecord } from '../export/export-record.js'
import type { Layout, Precision, WriteOptions } from '../export/format.js'
import { formatNamed } from '../export/formats/index.js'
import type { VerificationImages } from '../export/verify.js'
import { datasetFor, testImages, trainingImages } from './classifier-images.js'
import { openClassifier } from './open-classifier.js'

export interface ExportRequest {
  /** A run directory or an ONNX file. */
  path: string
  to: string
  precision?: Precision | undefined
  layout?: Layout | undefined
  fixedBatch?: number | undefined
  opset?: number | undefined
  io?: WriteOptions['io'] | undefined
  out?: string | undefined
  /** Images to verify with. */
  verify: number
  /** Instead of the data set that the classifier was trained on. */
  dataset?: string | undefined
  dataDir?: string | undefined
  cacheHome?: string | undefined
  onProgress?: (done: number, total: number) => void
}

/** Exports a run's classifier or an ONNX file, verified on its test images; gives the record and where it lies. */
export async function exportSource(request: ExportRequest): Promise<ExportRecord & { directory: string }> {
  const format = formatNamed(request.to)
  const choices = definedOf(request)
  // Refused before a data set is fetched for it.
  const { precision } = writeOptionsOf(format, choices)
  const { classifier, directory, recipe } = await openClassifier(request.path)
  if (isQuantized(classifier.model) && !QUANTIZED_AS_THEY_ARE.includes(format.name))
    throw new UsageError({
      where: `export to ${format.name}`,
      expected: 'a classifier in float32',
      received: 'a quantised one',
      fix: `give the model.onnx that it was made of, or --to ${QUANTIZED_AS_THEY_ARE.join(' or ')}`,
    })
  const dataset = await datasetFor(classifier, recipe, request)
  const out = request.out ?? defaultDirectory(request.path, directory, `${format.name}-${precision}`)
  const record = await exportClassifier(classifier, format, {
    ...choices,
    out,
    images: dataset ? testImages(classifier, dataset, request.verify) : randomImages(classifier, request.verify),
    calibration: async () => trainingImages(classifier, dataset, recipe),
    ...(request.onProgress ? { onProgress: request.onProgress } : {}),
  })
  return { ...record, directory: out }
}

/** Formats that hold the ONNX graph itself. */
const QUANTIZED_AS_THEY_ARE: readonly string[] = ['onnx', 'web']

const definedOf = ({ precision, layout, fixedBatch, opset, io }: ExportRequest) => ({
  ...(precision === undefined ? {} : { precision }),
  ...(layout === undefined ? {} : { layout }),
  ...(fixedBatch === undefined ? {} : { fixedBatch }),
  ...(opset === undefined ? {} : { opset }),
  ...(io === undefined ? {} : { io }),
})

/** In the run, or beside the file. */
const defaultDirectory = (path: string, run: string | undefined, name: string): string =>
  run === undefined ? join(dirname(path), `${basename(path, extname(path))}-${name}`) : join(run, 'export', name)

/** For a classifier whose data set nobody named; the report says so. */
function randomImages({ inputShape }: Classifier, count: number): VerificationImages {
  const images = new Uint8Array(count * sizeOf(inputShape))
  randomStream(0, 'verification').fillBytes(images)
  return { images, count, source: 'random bytes: the file names no data set' }
}
