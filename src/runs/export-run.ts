import { basename, dirname, extname, join } from 'node:path'
import type { Classifier } from '../classifier/classifier.js'
import { UsageError } from '../core/errors.js'
import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { openDataset } from '../data/datasets/index.js'
import type { Dataset, ImageSet } from '../data/image-set.js'
import { exportClassifier, writeOptionsOf } from '../export/export-classifier.js'
import type { ExportRecord } from '../export/export-record.js'
import type { Layout, Precision, WriteOptions } from '../export/format.js'
import { formatNamed } from '../export/formats/index.js'
import type { VerificationImages } from '../export/verify.js'
import { splitFor } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
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
  const name = request.dataset ?? recipe?.dataset ?? classifier.provenance.dataset
  const [, height, width] = classifier.inputShape
  const options = { dataDir: request.dataDir, xdgCacheHome: request.cacheHome, size: { height, width } }
  const dataset = name === undefined ? undefined : await openDataset(name, options)
  const out = request.out ?? defaultDirectory(request.path, directory, `${format.name}-${precision}`)
  const record = await exportClassifier(classifier, format, {
    ...choices,
    out,
    images: verificationImages(classifier, dataset, request.verify),
    calibration: async () => calibrationImages(dataset, recipe),
    ...(request.onProgress ? { onProgress: request.onProgress } : {}),
  })
  return { ...record, directory: out }
}

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

/** The first test images; random bytes for a classifier whose data set nobody named, and the report says so. */
function verificationImages(classifier: Classifier, dataset: Dataset | undefined, count: number): VerificationImages {
  if (!dataset) {
    const images = new Uint8Array(count * sizeOf(classifier.inputShape))
    randomStream(0, 'verification').fillBytes(images)
    return { images, count, source: 'random bytes: the file names no data set' }
  }
  const [set, split] = dataset.test
    ? ([dataset.test, 'test'] as const)
    : ([dataset.validation ?? dataset.train, 'train'] as const)
  checkSet(set, classifier)
  const taken = Math.min(count, set.count)
  return {
    images: set.images.subarray(0, taken * sizeOf(set.shape)),
    count: taken,
    labels: set.labels.subarray(0, taken),
    source: `${dataset.name}, ${split}`,
  }
}

function checkSet(set: ImageSet, { inputShape, classNames }: Classifier): void {
  const fits = set.shape.every((size, i) => size === inputShape[i]) && set.classNames.length === classNames.length
  if (fits) return
  throw new UsageError({
    where: `data set '${set.name}'`,
    expected: `images of [${inputShape.join(', ')}] in ${classNames.length} classes`,
    received: `[${set.shape.join(', ')}] in ${set.classNames.length}`,
    fix: 'name the data set that it was trained on: --dataset NAME',
  })
}

/** Training images, as the recipe split them where there is one. */
function calibrationImages(dataset: Dataset | undefined, recipe: Recipe | undefined): ImageSet {
  if (!dataset)
    throw new UsageError({
      where: 'calibration',
      expected: 'training images of the classifier',
      received: 'a file that names no data set',
      fix: '--dataset NAME',
    })
  return recipe ? splitFor(recipe, dataset).training : dataset.train
}
