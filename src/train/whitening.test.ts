import { describe, expect, it } from 'vitest'
import { randomStream } from '../core/random.js'
import { imageSet } from '../data/image-set.js'
import { whiteningKernel } from './whitening.js'

const preprocess = { mean: [0.5], standardDeviation: [0.25] }

/** Smooth random images: neighbours are alike, so that patches are far from white. */
function images() {
  const count = 60
  const pixels = new Uint8Array(count * 3 * 16 * 16)
  const stream = randomStream(1, 'smooth')
  for (let n = 0; n < count * 3; n++) {
    let level = 128
    for (let i = 0; i < 256; i++)
      pixels[n * 256 + i] = level = Math.max(0, Math.min(255, level + stream.integer(41) - 20))
  }
  return imageSet({
    name: 'smooth',
    classNames: ['a'],
    shape: [3, 16, 16],
    images: pixels,
    labels: new Uint8Array(count),
  })
}

describe('whitening', () => {
  const set = images()
  const kernel = whiteningKernel(set, preprocess, 2).data as Float32Array

  it('gives every direction of a patch the same energy', () => {
    const energies = new Float64Array(12)
    let patches = 0
    for (let n = 0; n < set.count; n++)
      for (let y = 0; y < 15; y++)
        for (let x = 0; x < 15; x++, patches++)
          for (let f = 0; f < 12; f++) {
            let sum = 0
            for (let j = 0; j < 12; j++) {
              const at = ((n * 3 + (j >> 2)) * 16 + y + ((j >> 1) & 1)) * 16 + x + (j & 1)
              sum += kernel[f * 12 + j]! * ((set.images[at]! / 255 - 0.5) / 0.25)
            }
            energies[f]! += sum * sum
          }
    for (const energy of energies) expect(Math.abs(energy / patches - 1)).toBeLessThan(0.1)
    // Planted error: without the division by the root of the eigenvalue the first direction dominates.
    const raw = Array.from({ length: 12 }, (_, f) => Math.hypot(...kernel.slice(f * 12, f * 12 + 12)))
    expect(raw[11]! / raw[0]!).toBeGreaterThan(2)
  })

  it('holds each direction and its negative', () => {
    for (let i = 0; i < 144; i++) expect(kernel[144 + i]).toBe(-kernel[i]! + 0)
  })
})
