import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FoveaError } from '../../core/errors.js'
import { writeJsonAtomic } from '../../host/atomic-file.js'

/** A file of a data set. Without a published SHA-1, the one noted when it came out of a verified archive counts. */
export interface ExpectedFile {
  name: string
  /** Exact size; without it, any up to 64 kB (a list of names). */
  sizeBytes?: number
  sha1?: string
}

/** The most bytes that the file may have. */
export const mostBytes = ({ sizeBytes = 65_536 }: ExpectedFile): number => sizeBytes

/** A wrong size in words, or undefined. */
export function wrongSize(file: ExpectedFile, received: number): string | undefined {
  if (file.sizeBytes !== undefined && received !== file.sizeBytes) return `${file.sizeBytes} bytes`
  return received > mostBytes(file) ? `at most ${mostBytes(file)} bytes` : undefined
}

/** What was true of a file when it was last hashed: while size and time stand, the hash stands. */
interface Stamp {
  sizeBytes: number
  mtimeMs: number
  sha1: string
}

const stampPath = (directory: string): string => join(directory, 'stamp.json')

async function readStamps(directory: string): Promise<Record<string, Stamp>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(stampPath(directory), 'utf8'))
    return parsed && typeof parsed === 'object' ? (parsed as Record<string, Stamp>) : {}
  } catch {
    return {}
  }
}

export async function hashFile(path: string, algorithm: 'sha1' | 'md5'): Promise<string> {
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

export const sha1Of = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

/** Says which file is altered, what its hash should be and is. */
export const alteredFile = (path: string, expected: string, received: string, fix: string): FoveaError =>
  new FoveaError({ where: `verify ${path}`, expected, received, fix })

/** 'absent' where a file is missing, 'verified' where all are as published; an altered file throws. */
export async function verifyFiles(
  directory: string,
  expected: readonly ExpectedFile[],
): Promise<'absent' | 'verified'> {
  const stamps = await readStamps(directory)
  const fresh: Record<string, Stamp> = {}
  let changed = false
  const fix = `delete ${directory} and pull the data again`
  for (const file of expected) {
    const path = join(directory, file.name)
    const facts = await stat(path).catch(() => undefined)
    if (!facts?.isFile()) return 'absent'
    const size = wrongSize(file, facts.size)
    if (size) throw alteredFile(path, size, `${facts.size} bytes`, fix)
    const stamp = stamps[file.name]
    const wanted = file.sha1 ?? stamp?.sha1
    if (wanted === undefined) return 'absent'
    const current = stamp?.sizeBytes === facts.size && stamp.mtimeMs === facts.mtimeMs && stamp.sha1 === wanted
    if (!current) {
      changed = true
      const sha1 = await hashFile(path, 'sha1')
      if (sha1 !== wanted) throw alteredFile(path, `SHA-1 ${wanted}`, `SHA-1 ${sha1}`, fix)
    }
    fresh[file.name] = { sizeBytes: facts.size, mtimeMs: facts.mtimeMs, sha1: wanted }
  }
  // A cache that cannot be written (shared, read-only) is still right: it is hashed again next time.
  if (changed) await writeJsonAtomic(stampPath(directory), fresh).catch(() => undefined)
  return 'verified'
}

/** Notes the hashes of files that have just been written from verified bytes. */
export async function stampFiles(directory: string, hashes: ReadonlyMap<string, string>): Promise<void> {
  const stamps: Record<string, Stamp> = {}
  for (const [name, sha1] of hashes) {
    const { size, mtimeMs } = await stat(join(directory, name))
    stamps[name] = { sizeBytes: size, mtimeMs, sha1 }
  }
  await writeJsonAtomic(stampPath(directory), stamps)
}
