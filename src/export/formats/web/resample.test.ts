import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { resamplePlane } from './page/resample.js'

/** Waves, as photographs have them: what a resize must neither blur nor alias. */
const waves = (height: number, width: number): Float32Array =>
  Float32Array.from({ length: height * width }, (_, p) => {
    const [y, x] = [Math.floor(p / width), p % width]
    return Math.round(128 + 60 * Math.sin(x / 7 + y / 13) + 50 * Math.cos(y / 5 - x / 17))
  })

async function bySharp(plane: Float32Array, [h, w]: [number, number], [height, width]: [number, number]) {
  const raw = { width: w, height: h, channels: 1 as const }
  return new Uint8Array(
    await sharp(Uint8Array.from(plane), { raw })
      .resize({ height, width, fit: 'fill' })
      .toColourspace('b-w')
      .raw()
      .toBuffer(),
  )
}

describe("the page's resize", () => {
  it.each<[string, [number, number], [number, number]]>([
    ['half the size', [64, 64], [32, 32]],
    ['another shape', [90, 50], [32, 32]],
    ['a little smaller', [40, 37], [32, 32]],
  ])("is fovea predict's, to a few steps of 255: %s", async (_, from, to) => {
    const plane = waves(...from)
    const [own, other] = [resamplePlane(plane, from, to), await bySharp(plane, from, to)]
    const differences = Array.from(own, (v, p) => Math.abs(Math.round(v) - other[p]!))
    expect(Math.max(...differences)).toBeLessThanOrEqual(4)
    // Planted error: the nearest pixel in place of a mean of its neighbours.
    const nearest = Array.from(own, (_, p) => {
      const [y, x] = [Math.floor(p / to[1]), p % to[1]]
      return plane[Math.floor((y * from[0]) / to[0]) * from[1] + Math.floor((x * from[1]) / to[1])]!
    })
    expect(Math.max(...nearest.map((v, p) => Math.abs(v - other[p]!)))).toBeGreaterThan(4)
  })

  it('keeps an even colour and an image of the same size', () => {
    expect(resamplePlane(new Float32Array(35).fill(77), [5, 7], [3, 11]).every(v => Math.abs(v - 77) < 1e-4)).toBe(true)
    const plane = waves(6, 5)
    resamplePlane(plane, [6, 5], [6, 5]).forEach((v, p) => {
      expect(v).toBeCloseTo(plane[p]!, 3)
    })
  })
})
