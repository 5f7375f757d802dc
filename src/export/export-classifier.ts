import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Classifier } from '../classifier/classifier.js'
import { UsageError } from '../core/errors.js'
import { explainWriteFailure, writeFileAtomic, writeJsonAtomic } from '../host/index.js'
import { checkReplaceable, type ExportRecord, RECORD_NAME } from './export-record.js'
import type { ExportedFile, ExportFormat, Layout, Precision, WriteOptions } from './format.js'
import { judge, type VerificationImages, verifyArtefact } from './verify.js'

export interface ExportOptions {
  precision?: Precision
  layout?: Layout
  fixedBatch?: number
  opset?: number
  io?: WriteOptions['io']
  calibration?: WriteOptions['calibration']
  /** Directory of the artefact; one that an export filled before is replaced. */
  out: string
  images: VerificationImages
  onProgress?: (done: number, total: number) => void
}

/**
 * Writes a classifier in a format, runs what was written in the format's own runtime, and puts it in its place only if
 * it answers as the classifier does. Until then, and after any failure, nothing of it is at `out`.
 */
export async function exportClassifier(
  classifier: Classifier,
  format: ExportFormat,
  options: ExportOptions,
): Promise<ExportRecord> {
  const write = writeOptionsOf(format, options)
  const out = resolve(options.out)
  await checkReplaceable(out)
  const files = await format.write(classifier, write)
  const staging = join(dirname(out), `.${basename(out)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    for (const { path, content } of files) await writeFileAtomic(join(staging, ...path.split('/')), content)
    const runtime = await format.openRuntime(staging, classifier, write)
    const verification = await verifyArtefact(classifier, runtime, options.images, options.onProgress).finally(() =>
      runtime.close(),
    )
    judge(verification, write.precision, `${format.name} export`)
    const { calibration: _, ...chosen } = write
    const record: ExportRecord = {
      format: format.name,
      ...chosen,
      files: files.map(({ path, content }) => ({ path, sizeBytes: content.length })),
      sizeBytes: files.reduce((sum, { content }) => sum + content.length, 0),
      verification,
    }
    await writeJsonAtomic(join(staging, RECORD_NAME), record)
    await putInPlace(staging, out, files)
    return record
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** The choices with the format's defaults; what it does not have is refused before anything is computed. */
export function writeOptionsOf(format: ExportFormat, options: Partial<ExportOptions>): WriteOptions {
  const where = `export to ${format.name}`
  const { precision = 'fp32', layout = format.layouts[0]!, fixedBatch, opset, io, calibration } = options
  if (!format.precisions.includes(precision))
    throw new UsageError({
      where,
      expected: `precision ${format.precisions.join(' or ')}`,
      received: precision,
      ...(precision === 'int8' ? { fix: 'fovea quantize makes an int8 ONNX classifier, which exports as it is' } : {}),
    })
  if (!format.layouts.includes(layout))
    throw new UsageError({ where, expected: `layout ${format.layouts.join(' or ')}`, received: layout })
  for (const choice of ['fixedBatch', 'opset', 'io'] as const)
    if (options[choice] !== undefined && !format.choices.includes(choice))
      throw new UsageError({
        where,
        expected: `flags that ${format.name} has`,
        received: choice === 'fixedBatch' ? '--fixed-batch' : `--${choice}`,
        fix: 'leave it out',
      })
  return {
    precision,
    layout,
    ...(fixedBatch === undefined ? {} : { fixedBatch }),
    ...(opset === undefined ? {} : { opset }),
    ...(io === undefined ? {} : { io }),
    ...(calibration ? { calibration } : {}),
  }
}

/** A directory cannot be replaced in one step: the old one goes aside first and comes back if the new one cannot follow. */
async function putInPlace(staging: string, out: string, files: readonly ExportedFile[]): Promise<void> {
  const aside = `${staging}.old`
  try {
    await mkdir(dirname(out), { recursive: true })
    const replaced = await rename(out, aside).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false
        throw error
      },
    )
    try {
      await rename(staging, out)
    } catch (error) {
      if (replaced) await rename(aside, out)
      throw error
    }
  } catch (error) {
    throw await explainWriteFailure(
      error,
      out,
      files.reduce((sum, { content }) => sum + content.length, 0),
    )
  }
  await rm(aside, { recursive: true, force: true })
}
