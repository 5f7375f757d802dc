import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { encodePng } from '../data/image/decode.js'
import { parseRecipe, type RecipeInput } from './recipe.js'
import { openRecipeDataset } from './recipe-dataset.js'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fovea-recipe-folder-'))
  for (const [name, side] of [
    ['a', 6],
    ['b', 9],
  ] as const) {
    await mkdir(join(root, 'set', name), { recursive: true })
    await writeFile(
      join(root, 'set', name, '1.png'),
      encodePng(new Uint8Array(3 * side * side).fill(side), 3, side, side),
    )
  }
  await writeFile(join(root, 'set', 'a', '2.png'), 'not a picture')
})
afterEach(() => rm(root, { recursive: true, force: true }))

const open = (images: RecipeInput['images'], size?: { height: number; width: number }) =>
  openRecipeDataset(
    parseRecipe({
      name: 'folder',
      dataset: join(root, 'set'),
      model: { type: 'cifar-cnn' },
      optimizer: { type: 'adam' },
      images,
    }),
    {
      dataDir: join(root, 'cache'),
      ...(size ? { size } : {}),
    },
  )

it('brings the images of a folder to the size of the recipe, and leaves out what it says', async () => {
  const { train, skipped } = await open({ size: 4, onBadImage: 'skip' })
  expect([train.count, ...train.shape]).toEqual([2, 3, 4, 4])
  expect(skipped).toEqual([{ path: 'a/2.png', reason: expect.stringContaining('2.png') }])
})

it('gives way to the size of a classifier', async () => {
  expect((await open({ size: 4, onBadImage: 'skip' }, { height: 5, width: 5 })).train.shape).toEqual([3, 5, 5])
})

it('ends at an unreadable image where the recipe says nothing', async () => {
  await expect(open({ size: 4 })).rejects.toThrow(/2\.png/)
})
