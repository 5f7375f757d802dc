import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { createMixer, splitMixing, symmetricBeta } from './mix.js'
import { cutMix, cutout, type MixUp, mixUp, randomFlip } from './schema.js'

const shape = [3, 6, 6] as const
const SIZE = 108
const COUNT = 64
const key = { seed: 3, epoch: 1 }

/** Image i is of level 3 i everywhere and of class i. */
function mixed(mixing: Parameters<typeof createMixer>[0], { seed, epoch } = key) {
  const pixels = Uint8Array.from({ length: COUNT * SIZE }, (_, p) => 3 * Math.floor(p / SIZE))
  const labels = Int32Array.from({ length: COUNT }, (_, i) => i)
  const into = { other: new Int32Array(COUNT), share: new Float32Array(COUNT) }
  createMixer(mixing, shape)({ pixels, labels, indices: labels }, into, { seed, epoch })
  return { pixels, ...into, imageAt: (i: number) => pixels.subarray(i * SIZE, (i + 1) * SIZE) }
}

describe('mixing', () => {
  it('blends each image with the next, in the shares that it reports', () => {
    const { other, share, imageAt } = mixed([mixUp({ alpha: 1 })])
    for (let i = 0; i < COUNT; i++) {
      const next = (i + 1) % COUNT
      expect(other[i]).toBe(next)
      const expected = share[i]! * 3 * i + (1 - share[i]!) * 3 * next
      expect(imageAt(i).every(level => Math.abs(level - expected) <= 0.5 + 1e-4)).toBe(true)
    }
    // Planted: with the shares the other way round the same check fails somewhere.
    const wrong = [...share].some((s, i) => {
      const next = (i + 1) % COUNT
      return Math.abs(imageAt(i)[0]! - (s * 3 * next + (1 - s) * 3 * i)) > 0.6
    })
    expect(wrong).toBe(true)
  })

  it('pastes a rectangle of the next image, and the share is what is left', () => {
    const { share, imageAt } = mixed([cutMix()])
    for (let i = 0; i < COUNT; i++) {
      const own = imageAt(i).filter(level => level === 3 * i).length
      expect(own / SIZE).toBeCloseTo(share[i]!, 6)
      expect(imageAt(i).every(level => level === 3 * i || level === 3 * ((i + 1) % COUNT))).toBe(true)
    }
    expect(new Set(share).size).toBeGreaterThan(5)
  })

  it('depends on seed, epoch and image alone', () => {
    const [once, again] = [mixed([mixUp(), cutMix()]), mixed([mixUp(), cutMix()])]
    expect(Buffer.compare(once.pixels, again.pixels)).toBe(0)
    expect(again.share).toEqual(once.share)
    expect(mixed([mixUp()], { seed: 4, epoch: 1 }).share).not.toEqual(mixed([mixUp()]).share)
    expect(mixed([mixUp()], { seed: 3, epoch: 2 }).share).not.toEqual(mixed([mixUp()]).share)
  })

  it('leaves the images alone that its probability spares', () => {
    const { share } = mixed([mixUp({ alpha: 1, probability: 0.5 })])
    const whole = share.filter(s => s === 1).length
    expect(whole).toBeGreaterThan(COUNT / 5)
    expect(whole).toBeLessThan((4 * COUNT) / 5)
  })

  it('takes one of two ways for each image', () => {
    const { imageAt } = mixed([mixUp({ alpha: 1 }), cutMix()])
    const blended = Array.from({ length: COUNT }, (_, i) =>
      imageAt(i).some(level => level !== 3 * i && level !== 3 * ((i + 1) % COUNT)),
    ).filter(Boolean).length
    expect(blended).toBeGreaterThan(COUNT / 6)
    expect(blended).toBeLessThan((5 * COUNT) / 6)
  })

  it('comes last in a plan', () => {
    const plan = [randomFlip(), mixUp(), cutMix()]
    expect(splitMixing(plan)).toEqual({ single: [randomFlip()], mixing: [mixUp(), cutMix()] })
    expect(() => splitMixing([mixUp(), cutout({ size: 2 })])).toThrow(
      "transforms: expected 'cutout' before 'mixUp': what mixes images comes last, received mixUp, cutout.",
    )
    expect(() => mixUp({ alpha: 0 } as Partial<MixUp>)).toThrow('mixUp: expected valid options')
  })
})

describe('Beta(a, a)', () => {
  it.each([0.01, 0.2, 1, 2.5, 40])('a = %f has mean 1/2 and variance 1 / (8 a + 4)', alpha => {
    const stream = randomStream(1, 'beta', String(alpha))
    const draws = Array.from({ length: 20_000 }, () => symmetricBeta(alpha, stream))
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...draws)).toBeLessThanOrEqual(1)
    expect(mean).toBeCloseTo(0.5, 1)
    expect(variance * (8 * alpha + 4)).toBeGreaterThan(0.95)
    expect(variance * (8 * alpha + 4)).toBeLessThan(1.05)
  })
})
