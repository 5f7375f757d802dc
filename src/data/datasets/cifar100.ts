import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FoveaError } from '../../core/errors.js'
import { type CacheOptions, cacheDirectory } from '../../host/cache-directory.js'
import type { Dataset } from '../image-set.js'
import { archiveSource, type PullResult, pull } from '../sources/pull.js'
import { type ExpectedFile, verifyFiles } from '../sources/verified-files.js'
import { readCifarFiles } from './cifar-binary.js'
import type { PullCifarOptions } from './cifar10.js'

const TRAIN_RECORDS = 50_000
const TEST_RECORDS = 10_000
/** Coarse label, fine label, pixels. */
const RECORD_BYTES = 3074
const NAMES_FILE = 'fine_label_names.txt'

/** No SHA-1 of these files is published: the archive's MD5 is checked, and their hashes are noted at that moment. */
export const cifar100Files: readonly ExpectedFile[] = [
  { name: 'train.bin', sizeBytes: TRAIN_RECORDS * RECORD_BYTES },
  { name: 'test.bin', sizeBytes: TEST_RECORDS * RECORD_BYTES },
  { name: NAMES_FILE },
]

const cifar100Archive = archiveSource({
  url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
  folder: 'cifar-100-binary',
  md5: '03b5dce01913d631647c71ecec9e9cb8',
  maxBytes: 200_000_000,
})

const directoryOf = (options: CacheOptions): string => join(cacheDirectory(options), 'datasets', 'cifar100')

/** Brings CIFAR-100 into the cache: what is there, else the official archive, verified by its MD5. */
export const pullCifar100 = (options: PullCifarOptions = {}): Promise<PullResult> =>
  pull({
    name: 'cifar100',
    directory: directoryOf(options),
    expected: cifar100Files,
    sources: options.sources ?? [cifar100Archive],
    onProgress: options.onProgress,
  })

/** The 100 fine class names, one a line, in label order. */
export function parseClassNames(text: string, where: string): string[] {
  const names = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')
  if (names.length === 100 && new Set(names).size === 100) return names
  throw new FoveaError({ where, expected: '100 different class names', received: `${names.length} lines` })
}

/** CIFAR-100 with its fine labels from the cache: 50,000 + 10,000 images, uint8 [3, 32, 32], 100 classes. */
export async function loadCifar100(options: CacheOptions = {}): Promise<Dataset> {
  const directory = directoryOf(options)
  if ((await verifyFiles(directory, cifar100Files)) === 'absent')
    throw new FoveaError({
      where: 'cifar100',
      expected: `the data set in ${directory}`,
      received: 'no such files',
      fix: 'fovea data pull cifar100',
    })
  const names = join(directory, NAMES_FILE)
  const classNames = parseClassNames(await readFile(names, 'utf8'), names)
  const read = (name: string, file: string, recordsPerFile: number) =>
    readCifarFiles(directory, { name, files: [file], labelBytes: 2, recordsPerFile }, classNames)
  const train = await read('cifar100/train', 'train.bin', TRAIN_RECORDS)
  const test = await read('cifar100/test', 'test.bin', TEST_RECORDS)
  return { name: 'cifar100', classNames, train, test }
}
