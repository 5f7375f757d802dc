import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { FoveaError, UsageError } from '../../core/errors.js'

export interface FoundImage {
  /** Relative to the root, with '/' on every system. */
  path: string
  label: number
  sizeBytes: number
  mtimeMs: number
}

export type SplitName = 'train' | 'validation' | 'test'

export interface FolderScan {
  root: string
  /** Sorted by name (code units); the index is the label. */
  classNames: string[]
  splits: Partial<Record<SplitName, FoundImage[]>> & { train: FoundImage[] }
}

const EXTENSIONS = ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff', '.avif']
/** What a split's folder may be called. */
const SPLIT_FOLDERS: Record<string, SplitName> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Follows links inside the root only: a data folder from elsewhere must not make Fovea read the rest of the disk. */
async function insideRoot(root: string, path: string): Promise<void> {
  const real = await realpath(path).catch(() => undefined)
  if (real !== undefined && (real === root || real.startsWith(root + sep))) return
  throw new FoveaError({
    where: `image folder ${root}`,
    expected: 'files and links that stay inside the folder',
    received: `${relative(root, path)} -> ${real ?? 'nothing'}`,
    fix: 'copy the images into the folder, or remove the link',
  })
}

/** Folders and files of one directory, sorted, hidden ones left out, links resolved and checked. */
async function list(root: string, directory: string): Promise<{ folders: string[]; files: string[] }> {
  const folders: string[] = []
  const files: string[] = []
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    const path = join(directory, entry.name)
    if (entry.isSymbolicLink()) await insideRoot(root, path)
    const kind = entry.isSymbolicLink() ? await stat(path) : entry
    if (kind.isDirectory()) folders.push(entry.name)
    else if (kind.isFile() && EXTENSIONS.includes(extname(entry.name).toLowerCase())) files.push(entry.name)
  }
  return { folders: folders.sort(byCodeUnits), files: files.sort(byCodeUnits) }
}

/** Facts of every image of one class, in order; a few hundred at a time keep the disk busy. */
async function imagesOf(root: string, directory: string, label: number): Promise<FoundImage[]> {
  const { files } = await list(root, directory)
  const images: FoundImage[] = []
  for (let from = 0; from < files.length; from += 256) {
    const some = files.slice(from, from + 256).map(async name => {
      const path = join(directory, name)
      const { size, mtimeMs } = await stat(path)
      return { path: relative(root, path).split(sep).join('/'), label, sizeBytes: size, mtimeMs }
    })
    images.push(...(await Promise.all(some)))
  }
  return images
}

/** Which folder holds which split; undefined where the class folders lie in the root itself. */
function splitFolders(root: string, folders: readonly string[]): Partial<Record<SplitName, string>> | undefined {
  const found: Partial<Record<SplitName, string>> = {}
  for (const folder of folders) {
    const split = SPLIT_FOLDERS[folder.toLowerCase()]
    if (split === undefined) continue
    if (found[split] !== undefined)
      throw new FoveaError({
        where: `image folder ${root}`,
        expected: `one folder for the ${split} images`,
        received: `'${found[split]}' and '${folder}'`,
      })
    found[split] = folder
  }
  if (Object.keys(found).length === 0) return undefined
  if (found.train !== undefined) return found
  throw new FoveaError({
    where: `image folder ${root}`,
    expected: "a 'train' folder beside the other splits",
    received: Object.values(found).join(', '),
    fix: 'add train/<class>/..., or name the class folders otherwise',
  })
}

/** Every split must have the classes of the training split: a label means the same everywhere. */
function checkClasses(root: string, split: string, expected: readonly string[], received: readonly string[]): void {
  const missing = expected.filter(name => !received.includes(name))
  const extra = received.filter(name => !expected.includes(name))
  if (missing.length === 0 && extra.length === 0) return
  const parts = [
    missing.length > 0 ? `no folder for ${missing.map(name => `'${name}'`).join(', ')}` : '',
    extra.length > 0 ? `a folder for ${extra.map(name => `'${name}'`).join(', ')}, which train does not have` : '',
  ]
  throw new FoveaError({
    where: `image folder ${join(root, split)}`,
    expected: `the ${expected.length} classes of the training split`,
    received: parts.filter(Boolean).join(' and '),
    fix: 'make the class folders of all splits the same',
  })
}

async function scanSplit(root: string, directory: string, classNames: readonly string[]): Promise<FoundImage[]> {
  const images: FoundImage[] = []
  for (const [label, name] of classNames.entries()) {
    const found = await imagesOf(root, join(directory, name), label)
    if (found.length === 0)
      throw new FoveaError({
        where: `image folder ${directory}`,
        expected: `at least one image (${EXTENSIONS.map(e => e.slice(1)).join(', ')}) for class '${name}'`,
        received: 'none',
      })
    images.push(...found)
  }
  return images
}

/** Finds the images of `root/class/*` or `root/{train,val,test}/class/*` without opening one. */
export async function scanImageFolder(path: string): Promise<FolderScan> {
  const root = await realpath(path).catch(() => path)
  const facts = await stat(root).catch(() => undefined)
  if (!facts?.isDirectory())
    throw new UsageError({ where: 'image folder', expected: 'a directory', received: `'${path}'` })
  const { folders } = await list(root, root)
  const bySplit = splitFolders(root, folders) ?? { train: '' }
  const trainFolder = join(root, bySplit.train!)
  const classNames = (await list(root, trainFolder)).folders
  if (classNames.length < 2)
    throw new FoveaError({
      where: `image folder ${trainFolder}`,
      expected: 'one folder per class, at least two',
      received: classNames.length === 0 ? 'no folder' : `only '${classNames[0]}'`,
      fix: 'put the images of each class in a folder with its name',
    })
  const splits: FolderScan['splits'] = { train: await scanSplit(root, trainFolder, classNames) }
  for (const split of ['validation', 'test'] as const) {
    const folder = bySplit[split]
    if (folder === undefined) continue
    checkClasses(root, folder, classNames, (await list(root, join(root, folder))).folders)
    splits[split] = await scanSplit(root, join(root, folder), classNames)
  }
  return { root, classNames, splits }
}
