import { stat } from 'node:fs/promises'
import { didYouMean, UsageError } from '../../core/errors.js'
import type { Dataset } from '../image-set.js'
import { loadCifar10, pullCifar10 } from './cifar10.js'
import { loadCifar100, pullCifar100 } from './cifar100.js'
import type { ImageFolderOptions } from './image-folder.js'

/** The data sets with a name, and how each is fetched and read. */
const named = {
  cifar10: { pull: pullCifar10, load: loadCifar10 },
  cifar100: { pull: pullCifar100, load: loadCifar100 },
} as const

export type DatasetName = keyof typeof named
export const datasetNames = Object.keys(named) as DatasetName[]

export interface OpenDatasetOptions extends ImageFolderOptions {
  /** Fetch a named data set that is not in the cache (default); false makes its absence an error. */
  pull?: boolean | undefined
}

const isNamed = (name: string): name is DatasetName => Object.hasOwn(named, name)

function unknownDataset(name: string): UsageError {
  const near = didYouMean(name, datasetNames)
  return new UsageError({
    where: 'data set',
    expected: `${datasetNames.join(', ')}, or the path of a folder with one folder per class`,
    received: `'${name}'`,
    ...(near ? { fix: `did you mean '${near}'?` } : {}),
  })
}

/** Fetches a named data set into the cache; where it came from is in the result. */
export function pullDataset(name: string, options: OpenDatasetOptions = {}): ReturnType<typeof pullCifar10> {
  if (!isNamed(name)) throw unknownDataset(name)
  return named[name].pull(options)
}

/** Refuses what `openDataset` would refuse by its name, before anything is written for it. */
export async function checkDataset(nameOrPath: string): Promise<void> {
  if (isNamed(nameOrPath)) return
  const facts = await stat(nameOrPath).catch(() => undefined)
  if (!facts?.isDirectory()) throw unknownDataset(nameOrPath)
}

/** A data set by its name or by the path of an image folder. A name wins over a folder of that name: write ./cifar10. */
export async function openDataset(nameOrPath: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  if (isNamed(nameOrPath)) {
    if (options.pull ?? true) await named[nameOrPath].pull(options)
    return named[nameOrPath].load(options)
  }
  const facts = await stat(nameOrPath).catch(() => undefined)
  if (facts?.isDirectory()) {
    // Image decoders take a while to load, and named data sets need none.
    const { openImageFolder } = await import('./image-folder.js')
    return openImageFolder(nameOrPath, options)
  }
  throw unknownDataset(nameOrPath)
}
