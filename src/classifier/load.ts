import { readFile, stat } from 'node:fs/promises'
import { FoveaError, messageOf } from '../core/errors.js'
import { type ScannedModel, type ScannedValue, scanModel } from '../onnx/protobuf/index.js'
import type { Classifier, Provenance } from './classifier.js'
import type { Preprocess } from './preprocess.js'
import { metadataKeys } from './save.js'
import { testTimeAugmentations } from './test-time-augmentation.js'

const LARGEST_FILE = 2 ** 31 - 1

/** Reads a classifier from an ONNX file that anyone may have made. @throws FoveaError where it is none, or not safe. */
export async function loadClassifier(path: string): Promise<Classifier> {
  const size = await stat(path).then(
    facts => facts.size,
    error => {
      throw new FoveaError(
        { where: path, expected: 'an ONNX file', received: messageOf(error), fix: 'check the path' },
        { cause: error },
      )
    },
  )
  if (size > LARGEST_FILE)
    throw new FoveaError({ where: path, expected: 'a file below 2 GiB', received: `${size} bytes` })
  return classifierOf(await readFile(path), path)
}

/**
 * The classifier in the bytes of an ONNX file. Nothing is compiled and no other file is read before the whole of it
 * has been looked through. Class names and provenance come from the metadata; a file without them gets numbers.
 */
export function classifierOf(model: Uint8Array, where = 'ONNX file'): Classifier {
  let scanned: ScannedModel
  try {
    scanned = scanModel(model)
  } catch (error) {
    if (error instanceof FoveaError)
      throw new FoveaError({ ...error.complaint, where: `${where}: ${error.complaint.where}` }, { cause: error })
    throw error
  }
  refuseChannelsLast(scanned, where)
  const inputShape = inputShapeOf(scanned, where)
  const classes = classesOf(scanned, where)
  const { metadata } = scanned
  return {
    model,
    inputShape,
    classNames: classNamesOf(metadata[metadataKeys.classNames], classes, where),
    preprocess: preprocessOf(metadata[metadataKeys.preprocess]),
    testTimeAugmentation:
      testTimeAugmentations.find(kind => kind === metadata[metadataKeys.testTimeAugmentation]) ?? 'none',
    provenance: (jsonOf(metadata[metadataKeys.provenance]) as Provenance | undefined) ?? {},
  }
}

const described = (values: readonly ScannedValue[]): string =>
  values
    .map(({ name, type, shape }) => `${name}: ${type} [${shape?.map(dim => dim ?? '?').join(', ') ?? ''}]`)
    .join('; ') || 'none'

/** An export whose images are [N, H, W, C]: read as [N, C, H, W] it would answer, and wrongly. */
function refuseChannelsLast({ metadata }: ScannedModel, where: string): void {
  const layout = metadata[metadataKeys.layout]
  if (layout === undefined || layout === 'nchw') return
  throw new FoveaError({
    where,
    expected: 'images as [N, channels, height, width]',
    received: `an export with layout '${layout.slice(0, 20)}'`,
    fix: 'give the model.onnx that it was exported from, or export it with --layout nchw',
  })
}

function inputShapeOf({ inputs }: ScannedModel, where: string): [number, number, number] {
  const [images] = inputs
  const sizes = images?.shape?.slice(1) ?? []
  const fits =
    inputs.length === 1 &&
    images?.name === 'images' &&
    images.type === 'UINT8' &&
    sizes.length === 3 &&
    sizes.every(dim => typeof dim === 'number' && dim > 0)
  if (fits) return sizes as [number, number, number]
  throw new FoveaError({
    where,
    expected: "one input 'images' of uint8 [N, channels, height, width]",
    received: described(inputs),
    fix: 'give a model.onnx that fovea made',
  })
}

function classesOf({ outputs }: ScannedModel, where: string): number {
  const probabilities = outputs.find(output => output.name === 'probabilities')
  const classes = probabilities?.shape?.[1]
  if (
    probabilities?.type === 'FLOAT' &&
    probabilities.shape?.length === 2 &&
    typeof classes === 'number' &&
    classes > 0
  )
    return classes
  throw new FoveaError({
    where,
    expected: "an output 'probabilities' of float [N, classes]",
    received: described(outputs),
    fix: 'give a model.onnx that fovea made',
  })
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

function classNamesOf(text: string | undefined, classes: number, where: string): string[] {
  const names = jsonOf(text)
  if (names === undefined) return Array.from({ length: classes }, (_, c) => `class ${c}`)
  if (Array.isArray(names) && names.length === classes && names.every(name => typeof name === 'string')) return names
  throw new FoveaError({
    where: `${where}: ${metadataKeys.classNames}`,
    expected: `${classes} names, one for each class`,
    received: text!.slice(0, 80),
  })
}

function preprocessOf(text: string | undefined): Preprocess | undefined {
  const data = jsonOf(text) as Partial<Preprocess> | undefined
  const numbers = (list: unknown): list is number[] => Array.isArray(list) && list.every(x => typeof x === 'number')
  if (!data || !numbers(data.mean) || !numbers(data.standardDeviation)) return undefined
  return { mean: data.mean, standardDeviation: data.standardDeviation }
}
