import { z } from 'zod'
import type { EpochEvent } from '../events.js'
import type { Callback } from './callback.js'

export const csvLoggerSchema = z.strictObject({
  type: z.literal('csv-logger'),
  file: z.string().min(1).default('epochs.csv').describe('inside the run directory'),
})

export type CsvLoggerOptions = Partial<Omit<z.input<typeof csvLoggerSchema>, 'type'>>

const columns = [
  'epoch',
  'step',
  'seconds',
  'imagesPerSecond',
  'learningRate',
  'trainLoss',
  'trainAccuracy',
  'validationLoss',
  'validationAccuracy',
] as const satisfies readonly (keyof EpochEvent)[]

/** One line per epoch, for a spreadsheet. Empty cells where there was no validation. */
export function csvLogger(options: CsvLoggerOptions = {}): Callback {
  const { file } = csvLoggerSchema.parse({ ...options, type: 'csv-logger' })
  let sizeBytes = 0
  const write = (files: { append(name: string, content: string): void }, line: string): void => {
    files.append(file, line)
    sizeBytes += line.length
  }
  return {
    name: 'csv-logger',
    begin({ files }) {
      files.truncate(file, sizeBytes)
      if (sizeBytes === 0) write(files, `${columns.join(',')}\n`)
    },
    epochEnd(epoch, { files }) {
      write(files, `${columns.map(column => epoch[column] ?? '').join(',')}\n`)
    },
    state: () => ({ sizeBytes }),
    restore(kept) {
      sizeBytes = (kept as { sizeBytes: number }).sizeBytes
    },
  }
}
