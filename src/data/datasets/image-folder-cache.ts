import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { FoveaError } from '../../core/errors.js'
import { writeFileAtomic } from '../../host/atomic-file.js'
import { type ImageSet, imageSet, type SkippedImage, sharedBytes, sharedLabels } from '../image-set.js'

/** Change it whenever the decoding or this file's layout changes: old files are then never read. */
const FORMAT = 'fovea-images-1'

export interface DecodedFolder {
  sets: { split: string; set: ImageSet }[]
  skipped: SkippedImage[]
}

interface Header {
  format: string
  classNames: string[]
  shape: [number, number, number]
  sets: { split: string; name: string; count: number }[]
  skipped: SkippedImage[]
}

/** Names a cache file by all that its content depends on. */
export const cacheKey = (facts: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([FORMAT, facts]))
    .digest('hex')
    .slice(0, 32)

/** Layout: uint32 length of the JSON header (little-endian), header; then per set the labels and the pixels. */
export async function writeImageCache(path: string, { sets, skipped }: DecodedFolder): Promise<void> {
  const first = sets[0]!.set
  const header: Header = {
    format: FORMAT,
    classNames: [...first.classNames],
    shape: [...first.shape],
    sets: sets.map(({ split, set }) => ({ split, name: set.name, count: set.count })),
    skipped,
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  const bytes = (array: Uint8Array | Uint16Array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  await writeFileAtomic(path, [length, json, ...sets.flatMap(({ set }) => [bytes(set.labels), set.images])])
}

/** The decoded images, or undefined where there is no such file; a file that is cut or altered in size throws. */
export async function readImageCache(path: string): Promise<DecodedFolder | undefined> {
  const handle = await open(path, 'r').catch(() => undefined)
  if (!handle) return undefined
  let at = 0
  const fill = async (array: Uint8Array | Uint16Array): Promise<void> => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    for (let done = 0; done < bytes.length; ) {
      const piece = Math.min(2 ** 30, bytes.length - done)
      const { bytesRead } = await handle.read(bytes, done, piece, at)
      if (bytesRead === 0)
        throw new FoveaError({
          where: `read ${path}`,
          expected: `more than ${at} bytes`,
          received: 'the end of the file',
          fix: 'delete the file; it is made again',
        })
      done += bytesRead
      at += bytesRead
    }
  }
  try {
    const length = Buffer.alloc(4)
    await fill(length)
    const { size } = await handle.stat()
    const json = Buffer.alloc(Math.min(length.readUInt32LE(), size))
    await fill(json)
    const header = JSON.parse(json.toString('utf8')) as Header
    const { classNames, shape, skipped } = header
    const sets: DecodedFolder['sets'] = []
    for (const { split, name, count } of header.sets) {
      const labels = sharedLabels(count, classNames.length)
      await fill(labels)
      const images = sharedBytes(count * shape[0] * shape[1] * shape[2])
      await fill(images)
      sets.push({ split, set: imageSet({ name, classNames, shape, images, labels }) })
    }
    return { sets, skipped }
  } finally {
    await handle.close()
  }
}
