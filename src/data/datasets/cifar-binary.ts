import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { FoveaError } from '../../core/errors.js'
import { type ImageSet, imageSet, sharedBytes } from '../image-set.js'

/** One 32x32 colour image: 1024 red, 1024 green, 1024 blue bytes, row by row: already planar [3, 32, 32]. */
const IMAGE_BYTES = 3072
/** Two buffers per record, and Linux takes at most 1024 in one call. */
const RECORDS_PER_READ = 500

/** The CIFAR binary format: per record `labelBytes` labels (the last is the one used), then the image. */
export interface CifarFiles {
  /** Name of the resulting set, e.g. 'cifar10/train'. */
  name: string
  files: readonly string[]
  labelBytes: 1 | 2
  recordsPerFile: number
}

/** Where records go: `labels` keeps every label byte of a record. */
interface Destination {
  images: Uint8Array
  labels: Uint8Array
  labelBytes: number
}

/**
 * Reads `count` records at file position `position` straight to their places, labels apart from pixels: a scattered
 * read saves the copy that would cost half of the loading time.
 */
async function readRecords(
  handle: FileHandle,
  position: number,
  count: number,
  first: number,
  to: Destination,
): Promise<boolean> {
  const { images, labels, labelBytes } = to
  const views: Uint8Array[] = []
  for (let i = first; i < first + count; i++) {
    views.push(labels.subarray(i * labelBytes, (i + 1) * labelBytes))
    views.push(images.subarray(i * IMAGE_BYTES, (i + 1) * IMAGE_BYTES))
  }
  const { bytesRead } = await handle.readv(views, position)
  return bytesRead === count * (labelBytes + IMAGE_BYTES)
}

/** A short file is an error here even if it was whole when it was verified. */
async function readFileInto(path: string, records: number, first: number, to: Destination): Promise<void> {
  const handle = await open(path, 'r')
  const recordBytes = to.labelBytes + IMAGE_BYTES
  try {
    for (let at = 0; at < records; at += RECORDS_PER_READ) {
      const count = Math.min(RECORDS_PER_READ, records - at)
      if (await readRecords(handle, at * recordBytes, count, first + at, to)) continue
      // Some network disks answer with less than was asked: one record is a small enough wish.
      for (let i = at; i < at + count; i++)
        if (!(await readRecords(handle, i * recordBytes, 1, first + i, to)))
          throw new FoveaError({
            where: `read ${path}`,
            expected: `${records * recordBytes} bytes`,
            received: `the end of the file in record ${i}`,
            fix: 'delete the file and pull the data again',
          })
    }
  } finally {
    await handle.close()
  }
}

/** Reads binary batches into one set that loader workers can see. */
export async function readCifarFiles(
  directory: string,
  { name, files, labelBytes, recordsPerFile }: CifarFiles,
  classNames: readonly string[],
): Promise<ImageSet> {
  const count = files.length * recordsPerFile
  const to: Destination = {
    images: sharedBytes(count * IMAGE_BYTES),
    labels: sharedBytes(count * labelBytes),
    labelBytes,
  }
  await Promise.all(files.map((file, i) => readFileInto(join(directory, file), recordsPerFile, i * recordsPerFile, to)))
  const labels = sharedBytes(count)
  for (let i = 0; i < count; i++) labels[i] = to.labels[(i + 1) * labelBytes - 1]!
  return imageSet({ name, classNames, shape: [3, 32, 32], images: to.images, labels })
}
