import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { FoveaError, messageOf } from '../../core/errors.js'
import { formatBytes } from '../../host/format-bytes.js'

const FILES = ['File', 'OldFile', 'ContiguousFile']
const HARMLESS = [...FILES, 'Directory', 'GNUDumpDir']

/** Why an entry must not be touched, or undefined. Nothing here is unpacked by its own name, but a hostile entry means a hostile archive. */
function danger(entry: ReadEntry): string | undefined {
  const { path, type } = entry
  if (!HARMLESS.includes(type)) return `a ${type} entry`
  if (path.startsWith('/') || path.includes('\\') || path.includes('\0') || /^[a-zA-Z]:/.test(path))
    return 'an absolute or malformed name'
  if (path.split('/').includes('..')) return "a name with '..'"
  return undefined
}

/**
 * Reads the wanted files of a .tar.gz into memory: `wanted` maps each name to the most bytes it may have. Writes
 * nothing to disk. Refuses the whole archive for a link or device, an absolute or `..` name, a file larger than
 * allowed, a repeated name, or more than `maxTotalBytes` when unpacked. A wanted file that is absent is absent.
 */
export async function readTarEntries(
  archivePath: string,
  wanted: ReadonlyMap<string, number>,
  maxTotalBytes: number,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  const where = `archive ${archivePath}`
  let failure: FoveaError | undefined
  const refuse = (expected: string, received: string): void => {
    failure ??= new FoveaError({ where, expected, received, fix: 'take the archive from its official place' })
  }
  const readEntry = (entry: ReadEntry): void => {
    const why = danger(entry)
    const most = wanted.get(entry.path)
    if (why) refuse('plain files with relative names', `${why}: '${entry.path}'`)
    else if (most !== undefined && entry.size > most)
      refuse(`at most ${formatBytes(most)} for '${entry.path}'`, formatBytes(entry.size))
    else if (found.has(entry.path)) refuse('every name once', `'${entry.path}' twice`)
    if (failure || most === undefined || !FILES.includes(entry.type)) {
      entry.resume()
      return
    }
    const chunks: Buffer[] = []
    entry.on('data', chunk => chunks.push(chunk as Buffer))
    entry.on('end', () => found.set(entry.path, Buffer.concat(chunks)))
  }
  const parser = new Parser({ strict: true, onReadEntry: readEntry })
  let parsed = 0
  const consume = async (source: AsyncIterable<Buffer>): Promise<void> => {
    const ended = new Promise<void>((resolve, reject) => {
      parser.on('end', resolve)
      parser.on('error', reject)
    })
    // Awaited at the end; a failure before that must not count as unhandled.
    ended.catch(() => undefined)
    for await (const chunk of source) {
      if ((parsed += chunk.length) > maxTotalBytes)
        refuse(`at most ${formatBytes(maxTotalBytes)} when unpacked`, 'more than that')
      parser.write(chunk)
      if (failure) throw failure
    }
    parser.end()
    await ended
    if (failure) throw failure
  }
  try {
    await pipeline(createReadStream(archivePath), createGunzip(), consume)
  } catch (error) {
    // The pipeline reports a refusal from within as its own abort.
    if (failure) throw failure
    throw new FoveaError({ where, expected: 'a whole .tar.gz archive', received: messageOf(error) }, { cause: error })
  }
  return found
}
