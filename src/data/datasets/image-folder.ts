import { availableParallelism, totalmem } from 'node:os'
import { basename, join } from 'node:path'
import { FoveaError, messageOf, UsageError } from '../../core/errors.js'
import { type CacheOptions, cacheDirectory } from '../../host/cache-directory.js'
import { formatBytes } from '../../host/format-bytes.js'
import { type DecodeOptions, decodeSized } from '../image/decode.js'
import { type Dataset, type ImageSet, imageSet, type SkippedImage, sharedBytes, sharedLabels } from '../image-set.js'
import type { OnProgress } from '../sources/progress.js'
import { cacheKey, type DecodedFolder, readImageCache, writeImageCache } from './image-folder-cache.js'
import { type FolderScan, type FoundImage, type SplitName, scanImageFolder } from './image-folder-scan.js'

export interface ImageFolderOptions extends CacheOptions {
  /** Size of every decoded image, pixels. Without it all images must share one size, which is kept. */
  size?: { height: number; width: number } | undefined
  /** How an image of another shape is fitted: see `decodeImage`. Default cover. */
  fit?: DecodeOptions['fit']
  /** An unreadable image ends the job (default), or is left out and listed in `skipped`. */
  onBadImage?: 'fail' | 'skip' | undefined
  maxPixels?: number | undefined
  /** Images decoded at a time; by default the number of cores, at most 4. */
  concurrency?: number | undefined
  onProgress?: OnProgress | undefined
}

export interface ImageFolder extends Dataset {
  /** Images left out because they could not be read (`onBadImage: 'skip'`). */
  readonly skipped: readonly SkippedImage[]
}

interface DecodePlan {
  scan: FolderScan
  size: { height: number; width: number }
  resize: boolean
  options: ImageFolderOptions
}

/** The size asked for, or that of the first image. */
async function sizeOf(scan: FolderScan, { size, maxPixels }: ImageFolderOptions): Promise<DecodePlan['size']> {
  if (size) return size
  const { height, width } = await decodeSized(join(scan.root, scan.splits.train[0]!.path), { maxPixels })
  return { height, width }
}

async function decodeOne({ scan, size, resize, options }: DecodePlan, image: FoundImage): Promise<Uint8Array> {
  const { fit, maxPixels } = options
  const path = join(scan.root, image.path)
  const decoded = await decodeSized(path, { ...(resize ? size : {}), fit, maxPixels })
  if (decoded.height === size.height && decoded.width === size.width) return decoded.pixels
  throw new FoveaError({
    where: `image ${path}`,
    expected: `${size.height} x ${size.width} pixels, as the first image`,
    received: `${decoded.height} x ${decoded.width}`,
    fix: 'give a size to which all images are brought',
  })
}

/** Decodes one split into one block; a bad image either ends the job at once or leaves no gap. */
async function decodeSplit(
  plan: DecodePlan,
  split: SplitName,
  found: readonly FoundImage[],
  skipped: SkippedImage[],
  tick: () => void,
): Promise<ImageSet> {
  const { scan, size, options } = plan
  const { onBadImage = 'fail', concurrency = Math.min(4, availableParallelism()) } = options
  const bytes = 3 * size.height * size.width
  const pixels = sharedBytes(found.length * bytes)
  const bad = new Map<number, string>()
  let nextImage = 0
  const lane = async (): Promise<void> => {
    while (nextImage < found.length) {
      const i = nextImage++
      try {
        pixels.set(await decodeOne(plan, found[i]!), i * bytes)
      } catch (error) {
        if (onBadImage === 'fail' || !(error instanceof FoveaError)) {
          nextImage = found.length
          throw error
        }
        bad.set(i, messageOf(error))
      }
      tick()
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, lane))
  const good = found.flatMap((_, i) => (bad.has(i) ? [] : [i]))
  for (const [i, reason] of [...bad].sort(([a], [b]) => a - b)) skipped.push({ path: found[i]!.path, reason })
  const labels = sharedLabels(good.length, scan.classNames.length)
  for (const [to, from] of good.entries()) {
    labels[to] = found[from]!.label
    if (to !== from) pixels.copyWithin(to * bytes, from * bytes, (from + 1) * bytes)
  }
  return imageSet({
    name: `${basename(scan.root)}/${split}`,
    classNames: scan.classNames,
    shape: [3, size.height, size.width],
    images: pixels.subarray(0, good.length * bytes),
    labels,
  })
}

async function decodeFolder(plan: DecodePlan): Promise<DecodedFolder> {
  const { scan, size, options } = plan
  const splits = Object.entries(scan.splits) as [SplitName, FoundImage[]][]
  const total = splits.reduce((sum, [, found]) => sum + found.length, 0)
  const needed = total * 3 * size.height * size.width
  if (needed > totalmem() / 2)
    throw new FoveaError({
      where: `image folder ${scan.root}`,
      expected: `decoded images of at most ${formatBytes(totalmem() / 2)}, half of the memory`,
      received: `${total} images of ${size.height} x ${size.width}: ${formatBytes(needed)}`,
      fix: 'decode to a smaller size',
    })
  let done = 0
  const tick = () => options.onProgress?.({ stage: 'decode', message: scan.root, done: ++done, total })
  const skipped: SkippedImage[] = []
  const sets: DecodedFolder['sets'] = []
  for (const [split, found] of splits) sets.push({ split, set: await decodeSplit(plan, split, found, skipped, tick) })
  return { sets, skipped }
}

/**
 * Opens `root/class/*.{png,jpg,jpeg,webp,gif,tif,tiff,avif}`, or the same under train, val (validation) and test.
 * Labels follow the class folders of the training split, sorted by name; other splits must have the same classes.
 * Images are decoded once; a compact copy in the cache, keyed by every path, size, time and option, serves later runs.
 */
export async function openImageFolder(root: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const { onBadImage = 'fail', fit = 'cover' } = options
  const sides = options.size ? [options.size.height, options.size.width] : []
  if (sides.some(side => !Number.isInteger(side) || side < 1))
    throw new UsageError({ where: 'image folder', expected: 'a whole size of at least 1', received: sides.join(' x ') })
  const scan = await scanImageFolder(root)
  const key = cacheKey([scan, options.size, fit, onBadImage, options.maxPixels])
  const path = join(cacheDirectory(options), 'image-folders', `${key}.bin`)
  let decoded = await readImageCache(path)
  if (!decoded) {
    decoded = await decodeFolder({
      scan,
      size: await sizeOf(scan, options),
      resize: options.size !== undefined,
      options,
    })
    await writeImageCache(path, decoded)
  }
  const set = (split: SplitName) => decoded.sets.find(entry => entry.split === split)?.set
  const [train, validation, test] = [set('train')!, set('validation'), set('test')]
  return {
    name: basename(scan.root),
    classNames: scan.classNames,
    train,
    ...(validation ? { validation } : {}),
    ...(test ? { test } : {}),
    skipped: decoded.skipped,
  }
}
