import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../core/errors.js'
import { explainWriteFailure } from '../../host/atomic-file.js'
import { requireSpace } from '../../host/disk-space.js'
import { formatBytes } from '../../host/format-bytes.js'
import { httpGet, RequestError } from './http-get.js'

export interface DownloadOptions {
  /** A larger answer is refused, bytes. */
  maxBytes: number
  onBytes?: ((done: number, total: number | undefined) => void) | undefined
  /** Tries in a row that bring no new byte before giving up. */
  attempts?: number
  /** Before the second try; doubles with every one that follows. */
  retryDelayMs?: number
  connectTimeoutMs?: number
  stallTimeoutMs?: number
}

/** What is known of a `.part` file: where it came from, and the mark by which the server recognises the same version. */
interface PartNote {
  url: string
  validator: string | undefined
}

const partOf = (path: string): string => `${path}.part`
const noteOf = (path: string): string => `${path}.part.json`

async function removePart(path: string): Promise<void> {
  await rm(partOf(path), { force: true })
  await rm(noteOf(path), { force: true })
}

/** Bytes that can be kept of an earlier try, and the validator to send; 0 where the server could not recognise them. */
async function resumable(path: string, url: string): Promise<{ from: number; validator: string | undefined }> {
  try {
    const note = JSON.parse(await readFile(noteOf(path), 'utf8')) as Partial<PartNote>
    const { size } = await stat(partOf(path))
    if (note.url === url && typeof note.validator === 'string') return { from: size, validator: note.validator }
  } catch {}
  return { from: 0, validator: undefined }
}

/** If-Range takes a strong ETag or a date; a weak ETag promises nothing about bytes. */
function validatorOf({ headers }: IncomingMessage): string | undefined {
  if (headers.etag && !headers.etag.startsWith('W/')) return headers.etag
  return headers['last-modified']
}

/** Where the body of this answer starts; throws for an answer that is no such body. */
function startOf(response: IncomingMessage, asked: number, where: string): number {
  const status = response.statusCode ?? 0
  if (status === 200) return 0
  if (status === 206) {
    const start = Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? Number.NaN)
    if (start === asked) return start
  }
  const later = status === 408 || status === 429 || status >= 500 || status === 206 || status === 416
  throw new RequestError(later ? 'transfer' : 'never', where, 'status 200 or a matching 206', `status ${status}`)
}

/** Appends the body to the open part file; the file never grows beyond `maxBytes`. */
async function receive(
  response: IncomingMessage,
  handle: FileHandle,
  start: number,
  total: number | undefined,
  path: string,
  { maxBytes, onBytes }: DownloadOptions,
  where: string,
): Promise<void> {
  let done = start
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (done + chunk.length > maxBytes)
        throw new RequestError('never', where, `at most ${formatBytes(maxBytes)}`, 'more than that')
      await handle.write(chunk, 0, chunk.length, done).catch(async error => {
        throw await explainWriteFailure(error, partOf(path), (total ?? maxBytes) - done)
      })
      done += chunk.length
      onBytes?.(done, total)
    }
  } catch (error) {
    if ((error as Error).name === 'RequestError' || (error as Error).name === 'FoveaError') throw error
    const missing = total === undefined ? 'the whole file' : `${total} bytes`
    throw new RequestError('transfer', where, missing, `${done} bytes, then ${messageOf(error)}`, { cause: error })
  }
  if (total !== undefined && done !== total)
    throw new RequestError('transfer', where, `${total} bytes`, `${done} bytes`)
}

async function attempt(url: string, path: string, options: DownloadOptions): Promise<void> {
  const where = `download ${url}`
  const { connectTimeoutMs = 8000, stallTimeoutMs = 30_000 } = options
  const { from, validator } = await resumable(path, url)
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-`, 'if-range': validator! } : {}
  const response = await httpGet(url, { headers, connectTimeoutMs, stallTimeoutMs })
  try {
    const start = startOf(response, from, where)
    const length = response.headers['content-length']
    const total = length === undefined ? undefined : start + Number(length)
    if (total !== undefined && total > options.maxBytes)
      throw new RequestError('never', where, `at most ${formatBytes(options.maxBytes)}`, formatBytes(total))
    if (total !== undefined) await requireSpace(dirname(path), total - start, where)
    const handle = await open(partOf(path), start > 0 ? 'r+' : 'w')
    try {
      await handle.truncate(start)
      // Plain, not atomic: a broken note only costs the resume, and the body is already arriving.
      await writeFile(noteOf(path), JSON.stringify({ url, validator: validatorOf(response) } satisfies PartNote))
      await receive(response, handle, start, total, path, options, where)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    // A range that does not fit what we hold: the next try starts anew.
    if (response.statusCode === 416 || (response.statusCode === 206 && from === 0)) await removePart(path)
    throw error
  } finally {
    response.destroy()
  }
}

const partSize = (path: string): Promise<number> =>
  stat(partOf(path)).then(
    ({ size }) => size,
    () => 0,
  )

/**
 * Downloads `url` to `path`, which appears only when complete. Until then the bytes are in `path.part`, from where a
 * later try, or a later process, goes on by HTTP Range if the server still holds the same version (If-Range). Retries
 * while the file grows; a host that cannot be reached at all, and an answer such as 404, fail at once.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { attempts = 4, retryDelayMs = 500 } = options
  await mkdir(dirname(path), { recursive: true })
  let fruitless = 0
  let best = await partSize(path)
  let connected = false
  for (;;) {
    try {
      await attempt(url, path, options)
      break
    } catch (error) {
      const kind = error instanceof RequestError ? error.retry : 'never'
      connected ||= kind === 'transfer'
      const size = await partSize(path)
      fruitless = size > best ? 0 : fruitless + 1
      best = Math.max(best, size)
      const again = kind === 'transfer' || (kind === 'connection' && connected)
      if (!again || fruitless >= attempts) {
        if (kind === 'never') await removePart(path)
        throw error
      }
      await sleep(retryDelayMs * 2 ** fruitless)
    }
  }
  await rename(partOf(path), path)
  await rm(noteOf(path), { force: true })
}
