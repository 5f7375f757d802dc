import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FoveaError, messageOf } from '../../core/errors.js'
import { writeFileAtomic } from '../../host/atomic-file.js'
import { requireSpace } from '../../host/disk-space.js'
import { withLock } from '../../host/lock.js'
import { type DownloadOptions, download } from './download.js'
import type { OnProgress } from './progress.js'
import { readTarEntries } from './tar-entries.js'
import {
  alteredFile,
  type ExpectedFile,
  hashFile,
  mostBytes,
  sha1Of,
  stampFiles,
  verifyFiles,
  wrongSize,
} from './verified-files.js'

export interface PullContext {
  expected: readonly ExpectedFile[]
  /** For archives on their way; removed when the pull has succeeded, kept for resuming when it has not. */
  downloads: string
  onProgress: OnProgress
}

/** One place that a data set can come from: gives the files by name; `pull` verifies and stores them. */
export interface PullSource {
  name: string
  fetch(context: PullContext): Promise<ReadonlyMap<string, Uint8Array>>
}

export interface ArchiveSource {
  url: string
  /** The folder inside the archive that holds the files. */
  folder: string
  /** Of the archive itself, where the files have no published digest. */
  md5?: string
  /** A larger download is refused. */
  maxBytes: number
  network?: Omit<DownloadOptions, 'maxBytes' | 'onBytes'>
}

/** A .tar.gz at an http(s) address. Once complete it is read and deleted, good or bad: a later pull never meets it. */
export function archiveSource({ url, folder, md5, maxBytes, network }: ArchiveSource): PullSource {
  const fetch = async ({ expected, downloads, onProgress }: PullContext) => {
    const archive = join(downloads, url.split('/').at(-1) || 'archive.tar.gz')
    onProgress({ stage: 'download', message: url, done: 0 })
    const onBytes = (done: number, total: number | undefined) =>
      onProgress({ stage: 'download', message: url, done, total })
    await download(url, archive, { ...network, maxBytes, onBytes })
    try {
      if (md5 !== undefined) {
        const received = await hashFile(archive, 'md5')
        if (received !== md5)
          throw alteredFile(url, `MD5 ${md5}`, `MD5 ${received}`, 'try again later, or another network')
      }
      onProgress({ stage: 'unpack', message: archive })
      const wanted = new Map(expected.map(file => [`${folder}/${file.name}`, mostBytes(file)]))
      const total = expected.reduce((sum, file) => sum + mostBytes(file), 0)
      const entries = await readTarEntries(archive, wanted, total + 16 * 1024 * 1024)
      return new Map([...entries].map(([path, bytes]) => [path.slice(folder.length + 1), bytes]))
    } finally {
      await rm(archive, { force: true })
    }
  }
  return { name: url, fetch }
}

/** Checks all files of a source before the first is stored, so that a bad source leaves nothing behind. */
function verifyBytes(source: string, files: ReadonlyMap<string, Uint8Array>, expected: readonly ExpectedFile[]) {
  const hashes = new Map<string, string>()
  for (const file of expected) {
    const { name, sha1 } = file
    const bytes = files.get(name)
    const where = `${name} from ${source}`
    const fix = 'the source is altered or broken; try another'
    if (!bytes) throw alteredFile(where, 'a file of that name', 'none', fix)
    const size = wrongSize(file, bytes.length)
    if (size) throw alteredFile(where, size, `${bytes.length} bytes`, fix)
    const received = sha1Of(bytes)
    if (sha1 !== undefined && received !== sha1) throw alteredFile(where, `SHA-1 ${sha1}`, `SHA-1 ${received}`, fix)
    hashes.set(name, received)
  }
  return hashes
}

export interface PullRequest {
  /** For messages, e.g. 'cifar10'. */
  name: string
  /** Where the files are kept. */
  directory: string
  expected: readonly ExpectedFile[]
  /** Tried in this order. */
  sources: readonly PullSource[]
  onProgress?: OnProgress | undefined
}

export interface PullResult {
  directory: string
  /** 'cache', or the name of the source that delivered. */
  source: string
}

async function isCached({ directory, expected }: PullRequest, onProgress: OnProgress): Promise<boolean> {
  try {
    return (await verifyFiles(directory, expected)) === 'verified'
  } catch (error) {
    onProgress({ stage: 'notice', message: `${messageOf(error)} Pulling it again.` })
    return false
  }
}

async function pullFrom(source: PullSource, request: PullRequest, context: PullContext): Promise<void> {
  const files = await source.fetch(context)
  context.onProgress({ stage: 'verify', message: `${request.expected.length} files of ${request.name}` })
  const hashes = verifyBytes(source.name, files, request.expected)
  for (const { name } of request.expected) await writeFileAtomic(join(request.directory, name), files.get(name)!)
  await stampFiles(request.directory, hashes)
}

/**
 * Brings the expected files into `directory`: from the cache where they are there and unaltered, else from the first
 * source that delivers them as published. Two processes that pull at once take turns. When every source fails, the
 * error names each with its reason, and `directory` holds no new file.
 */
export async function pull(request: PullRequest): Promise<PullResult> {
  const { name, directory, expected, sources } = request
  const onProgress = request.onProgress ?? (() => undefined)
  if (await isCached(request, onProgress)) return { directory, source: 'cache' }
  const onWait = (holder: number) =>
    onProgress({ stage: 'notice', message: `process ${holder} is pulling ${name}; waiting for it` })
  const work = async (): Promise<PullResult> => {
    if (await isCached(request, () => undefined)) return { directory, source: 'cache' }
    // The archive and the unpacked files are on the disk together for a moment.
    const total = expected.reduce((sum, file) => sum + mostBytes(file), 0)
    await requireSpace(directory, 2 * total, `pull ${name}`)
    const downloads = join(directory, 'downloads')
    const failures: string[] = []
    for (const source of sources) {
      try {
        await pullFrom(source, request, { expected, downloads, onProgress })
        await rm(downloads, { recursive: true, force: true })
        return { directory, source: source.name }
      } catch (error) {
        failures.push(messageOf(error))
        const next = sources[sources.indexOf(source) + 1]
        if (next) onProgress({ stage: 'notice', message: `${messageOf(error)} Trying ${next.name}.` })
      }
    }
    throw new FoveaError({
      where: `pull ${name}`,
      expected: 'one source that delivers the data',
      received: failures.map((failure, i) => `(${i + 1}) ${failure}`).join(' '),
      fix: `check the network, or copy the files to ${directory}`,
    })
  }
  return withLock(join(directory, 'pull.lock'), work, { onWait })
}
