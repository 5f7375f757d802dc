import { mkdir, mkdtemp, readdir, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodePng } from '../image/decode.js'
import { image } from '../image-set.js'
import { openImageFolder } from './image-folder.js'
import { datasetNames, openDataset } from './index.js'

/** A plain picture of one grey level. */
const grey = (level: number, side = 4) => encodePng(new Uint8Array(3 * side * side).fill(level), 3, side, side)

describe('openImageFolder', () => {
  let base: string
  let root: string
  let dataDir: string
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'fovea-folder-'))
    root = join(base, 'pets')
    dataDir = join(base, 'cache')
  })
  afterEach(() => rm(base, { recursive: true, force: true }))

  const put = async (path: string, content: Uint8Array | string) => {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), content)
  }

  it('labels by sorted class folder, with or without splits, ignoring what is no image', async () => {
    await put('dog/1.png', grey(10))
    await put('cat/b.png', grey(30))
    await put('cat/a.PNG', grey(20))
    await put('cat/notes.txt', 'x')
    await put('.hidden/x.png', grey(1))
    const { train, classNames, test, name } = await openImageFolder(root, { dataDir })
    expect([name, ...classNames]).toEqual(['pets', 'cat', 'dog'])
    expect(test).toBeUndefined()
    expect([...train.labels]).toEqual([0, 0, 1])
    expect([0, 1, 2].map(i => image(train, i)[0])).toEqual([20, 30, 10])
    expect(train.shape).toEqual([3, 4, 4])
  })

  it('reads train, val and test with the classes of train, resized', async () => {
    for (const [split, level] of [
      ['train', 1],
      ['val', 2],
      ['test', 3],
    ] as const)
      for (const name of ['a', 'b']) await put(`${split}/${name}/1.png`, grey(level * 10, 6))
    const set = await openDataset(root, { dataDir, size: { height: 2, width: 3 } })
    expect([set.train.count, set.validation?.count, set.test?.count]).toEqual([2, 2, 2])
    expect(set.test?.shape).toEqual([3, 2, 3])
    expect([...image(set.test!, 1)]).toEqual(Array(18).fill(30))
  })

  it('names a class that a split lacks or has too much', async () => {
    for (const path of ['train/a/1', 'train/b/1', 'test/a/1', 'test/c/1']) await put(`${path}.png`, grey(1))
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(
      /test: expected the 2 classes of the training split, received no folder for 'b' and a folder for 'c'/,
    )
  })

  it('asks for a train folder, for two classes, for images in each', async () => {
    await put('test/a/1.png', grey(1))
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(/expected a 'train' folder/)
    await put('train/a/1.png', grey(1))
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(/at least two, received only 'a'/)
    await mkdir(join(root, 'train', 'b'))
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(/at least one image .* for class 'b'/)
  })

  it('decodes once: the second time comes from the cache, until a file changes', async () => {
    for (let i = 0; i < 6; i++) await put(`${i % 2 ? 'a' : 'b'}/${i}.png`, grey(i))
    let decoded = 0
    const options = { dataDir, onProgress: () => void decoded++ }
    const first = await openImageFolder(root, options)
    expect(decoded).toBe(6)
    const again = await openImageFolder(root, options)
    expect(decoded).toBe(6)
    expect(again.train.images).toEqual(first.train.images)
    expect(again.train.images.buffer).toBeInstanceOf(SharedArrayBuffer)
    await utimes(join(root, 'a', '1.png'), 1, 1)
    await openImageFolder(root, options)
    expect(decoded).toBe(12)
    await openImageFolder(root, { ...options, size: { height: 2, width: 2 } })
    expect(decoded).toBe(18)
  })

  it('says which cache file is cut short', async () => {
    for (const name of ['a', 'b']) await put(`${name}/1.png`, grey(1))
    await openImageFolder(root, { dataDir })
    const [file] = await readdir(join(dataDir, 'image-folders'))
    await truncate(join(dataDir, 'image-folders', file!), 200)
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(/the end of the file.*delete the file/)
  })

  it('fails on an unreadable image by name, or skips and lists it', async () => {
    for (let i = 0; i < 30; i++) await put(`${i % 2 ? 'a' : 'b'}/${String(i).padStart(2, '0')}.png`, grey(i))
    await put('a/17.png', 'broken')
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(/a\/17\.png: expected a PNG/)
    const { train, skipped } = await openImageFolder(root, { dataDir, onBadImage: 'skip' })
    expect(skipped).toEqual([{ path: 'a/17.png', reason: expect.stringContaining('17.png') }])
    expect(train.count).toBe(29)
    const levels = [...Array(15).keys()].map(i => 2 * i + 1).filter(level => level !== 17)
    expect([...Array(14).keys()].map(i => image(train, i)[0])).toEqual(levels)
    expect([...train.labels]).toEqual([...Array(14).fill(0), ...Array(15).fill(1)])
  })

  it('without a size, wants images of one size and names the other', async () => {
    await put('a/1.png', grey(1))
    await put('b/2.png', grey(1, 5))
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(/2\.png: expected 4 x 4 pixels.*received 5 x 5/)
  })

  it('follows a link inside the folder and refuses one that leaves it', async () => {
    await put('a/1.png', grey(1))
    await put('b/1.png', grey(2))
    await symlink(join(root, 'a', '1.png'), join(root, 'b', '2.png'))
    expect((await openImageFolder(root, { dataDir })).train.count).toBe(3)
    await writeFile(join(base, 'secret.png'), grey(3))
    await symlink(join(base, 'secret.png'), join(root, 'b', '3.png'))
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(
      /links that stay inside.*received b\/3\.png -> .*secret/,
    )
    await rm(join(root, 'b', '3.png'))
    await mkdir(join(base, 'elsewhere'))
    await symlink(join(base, 'elsewhere'), join(root, 'c'))
    await expect(openImageFolder(root, { dataDir })).rejects.toThrow(/received c -> /)
  })

  it('openDataset suggests the name that was meant', async () => {
    expect(datasetNames).toEqual(['cifar10', 'cifar100'])
    await expect(openDataset('cifar-10')).rejects.toThrow(/received 'cifar-10'. Fix: did you mean 'cifar10'\?/)
    await expect(openDataset(join(base, 'none'))).rejects.toThrow(/or the path of a folder/)
  })
})
