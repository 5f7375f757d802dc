import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomStream } from '../../src/core/random.js'
import { encodePng } from '../../src/data/image/decode.js'

/** Side of every image, pixels: the smallest that the walk-through's network takes without an odd map. */
export const SIDE = 8

/** A folder of images of three colours with noise: learnable in a few steps, decoded in no time. */
export async function writeTinyImages(root: string, perClass = { train: 40, test: 10 }): Promise<void> {
  for (const [split, count] of Object.entries(perClass))
    for (const [c, name] of ['red', 'green', 'blue'].entries()) {
      const folder = join(root, split, name)
      await mkdir(folder, { recursive: true })
      for (let i = 0; i < count; i++) {
        const stream = randomStream(1, split, c, i)
        const pixels = Uint8Array.from(
          { length: 3 * SIDE * SIDE },
          (_, p) => stream.integer(120) + (Math.floor(p / (SIDE * SIDE)) === c ? 120 : 0),
        )
        await writeFile(join(folder, `${i}.png`), encodePng(pixels, 3, SIDE, SIDE))
      }
    }
}

/** Settings that make a recipe fit these images. */
export const tinySettings = [
  '--batch-size',
  '10',
  '--set',
  'model.filters=[8,8]',
  '--set',
  'model.units=16',
  '--set',
  'validation.count=20',
]
