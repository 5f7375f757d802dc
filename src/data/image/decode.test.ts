import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { decodeImage, decodeSized, encodePng } from './decode.js'

const planar = new Uint8Array(3 * 5 * 7)
randomStream(1, 'pixels').fillBytes(planar)
const png = encodePng(planar, 3, 5, 7)

describe('decodeImage and encodePng', () => {
  it('a PNG comes back bit for bit, at its own size and when asked for that size', async () => {
    expect(await decodeImage(png)).toEqual(planar)
    expect(await decodeImage(png, { height: 5, width: 7 })).toEqual(planar)
  })

  it('makes RGB of grey, transparent, 16-bit and palette images', async () => {
    const grey = encodePng(Uint8Array.from([0, 100, 200, 255]), 1, 2, 2)
    expect([...(await decodeImage(grey))]).toEqual([0, 100, 200, 255, 0, 100, 200, 255, 0, 100, 200, 255])
    const raw = { width: 1, height: 1, channels: 4 } as const
    const clear = await sharp(Uint8Array.from([10, 20, 30, 0]), { raw })
      .png()
      .toBuffer()
    expect([...(await decodeImage(clear))]).toEqual([10, 20, 30])
    const deep = await sharp(png).toColourspace('rgb16').png().toBuffer()
    expect(await decodeImage(deep)).toEqual(planar)
    const gif = await sharp({ create: { width: 4, height: 2, channels: 3, background: '#ff0000' } })
      .gif()
      .toBuffer()
    expect([...(await decodeImage(gif))]).toEqual([...Array(8).fill(255), ...Array(16).fill(0)])
  })

  it('turns as EXIF says', async () => {
    const turned = await sharp(png).withMetadata({ orientation: 6 }).png().toBuffer()
    const { height, width } = await decodeSized(turned)
    expect([height, width]).toEqual([7, 5])
  })

  it('covers, contains and stretches', async () => {
    const wide = await sharp({ create: { width: 40, height: 10, channels: 3, background: '#fff' } })
      .png()
      .toBuffer()
    const count = async (fit: 'cover' | 'contain' | 'stretch') =>
      (await decodeImage(wide, { height: 10, width: 10, fit })).filter(value => value > 250).length
    expect(await count('cover')).toBe(300)
    expect(await count('stretch')).toBe(300)
    expect(await count('contain')).toBeLessThan(150)
  })

  it('names an unreadable file and refuses a picture that is too large before decoding it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fovea-decode-'))
    const bad = join(directory, 'bad.jpg')
    await writeFile(bad, 'this is no image')
    await expect(decodeImage(bad)).rejects.toThrow(/image .*bad\.jpg: expected a PNG, JPEG.*Fix: open it/)
    await expect(decodeImage(join(directory, 'none.png'))).rejects.toThrow(/none\.png/)
    await writeFile(bad, png.subarray(0, png.length - 40))
    await expect(decodeImage(bad)).rejects.toThrow(/bad\.jpg/)
    await rm(directory, { recursive: true })
    await expect(decodeImage(png, { maxPixels: 34 })).rejects.toThrow(/expected at most 34 pixels/)
    await expect(decodeImage(png, { height: 3 })).rejects.toThrow(/a whole height and width/)
    expect(() => encodePng(planar, 3, 5, 8)).toThrow(/105 bytes for \[3, 5, 8\]/)
  })
})
