import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FoveaError, messageOf } from '../core/errors.js'
import { freeBytes } from './disk-space.js'
import { formatBytes } from './format-bytes.js'

/** One write call carries at most this much: Linux cuts a write at 2 GiB, and a smaller piece keeps the event loop alive. */
const PIECE_BYTES = 64 * 1024 * 1024

/** Writes all of `bytes` at the handle's position; a short write goes on where it stopped. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, Math.min(PIECE_BYTES, bytes.length - at))
    at += bytesWritten
  }
}

/** Makes the rename itself survive a power cut. Windows and some network disks cannot: the file is whole either way. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r')
    await handle.sync().finally(() => handle.close())
  } catch {}
}

/** A failed write as an error for people; a full disk says how much was needed and how much is free. */
export async function explainWriteFailure(error: unknown, path: string, neededBytes: number): Promise<FoveaError> {
  if (error instanceof FoveaError) return error
  const code = (error as NodeJS.ErrnoException).code
  const free = await freeBytes(dirname(path))
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new FoveaError(
      {
        where: `write ${path}`,
        expected: `${formatBytes(neededBytes)} of free disk space`,
        received: free === undefined ? `a full disk (${code})` : `${formatBytes(free)} free (${code})`,
        fix: 'free some space, or write to another disk',
      },
      { cause: error },
    )
  return new FoveaError(
    {
      where: `write ${path}`,
      expected: 'a place that can be written',
      received: messageOf(error),
      fix: 'check the path, its permissions and the disk',
    },
    { cause: error },
  )
}

/**
 * Writes a file so that `path` holds either the old content or the whole new one, never a part: a temporary file in the
 * same directory, flushed to the disk, then renamed. On failure the temporary file is removed and `path` is untouched.
 * Creates missing parent directories. `content` may come in pieces, written one after the other.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const pieces =
    typeof content === 'string' ? [Buffer.from(content)] : ArrayBuffer.isView(content) ? [content] : content
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  let sizeBytes = 0
  let handle: FileHandle | undefined
  try {
    await mkdir(dirname(path), { recursive: true })
    handle = await open(temporary, 'wx')
    for (const piece of pieces) {
      sizeBytes += piece.length
      await writeAll(handle, piece)
    }
    await handle.sync()
    await handle.close()
    handle = undefined
    await rename(temporary, path)
  } catch (error) {
    await handle?.close().catch(() => undefined)
    await rm(temporary, { force: true }).catch(() => undefined)
    throw await explainWriteFailure(error, path, sizeBytes)
  }
  await syncDirectory(dirname(path))
}

/** Two-space JSON with a final newline, written like every file here: whole or not at all. */
export const writeJsonAtomic = (path: string, value: unknown): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
