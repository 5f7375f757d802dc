import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { compileTransforms } from './compile.js'
import { createRandAugment, randAugmentSpace, trivialAugmentSpace } from './rand-augment.js'
import { randAugment, randomErasing, type Transform, trivialAugment } from './schema.js'

const shape = [3, 16, 16] as const
const SIZE = 768
const image = new Uint8Array(SIZE)
randomStream(2, 'image').fillBytes(image)
const run = (plan: Transform[], index: number, given: readonly [number, number, number] = shape): Uint8Array => {
  const target = new Uint8Array(SIZE)
  compileTransforms(plan, given)(image, 0, target, 0, { seed: 1, epoch: 0, index })
  return target
}
const changed = (a: Uint8Array): number => a.reduce((n, level, i) => n + Number(level !== image[i]), 0)

describe('RandAugment and TrivialAugment', () => {
  it('have the 14 operations of the paper', () => {
    expect(Object.keys(randAugmentSpace)).toHaveLength(14)
    expect(Object.keys(trivialAugmentSpace)).toEqual(Object.keys(randAugmentSpace))
  })

  it.each(Object.entries(randAugmentSpace))(
    '%s changes a picture at full strength, or is the identity',
    (name, entry) => {
      // Larger than the others: Pillow equalises nothing where a channel has fewer than some 255 pixels to spread.
      const large = [3, 32, 32] as const
      const picture = Uint8Array.from({ length: 3072 }, (_, p) => 60 + image[p % SIZE]! / 4)
      const target = new Uint8Array(3072)
      entry.apply(picture, target, large, entry.strength(1, large), 0)
      expect(target.some((level, i) => level !== picture[i])).toBe(name !== 'Identity')
    },
  )

  it('have the strengths of the papers at their ends', () => {
    const ends = (space: typeof randAugmentSpace) =>
      ['ShearX', 'TranslateX', 'Rotate', 'Color', 'Posterize', 'Solarize'].map(name => [
        space[name]!.strength(0, [3, 331, 331]),
        space[name]!.strength(1, [3, 331, 331]),
      ])
    expect(ends(randAugmentSpace)).toEqual([
      [0, 0.3],
      [0, 150],
      [0, 30],
      [0, 0.9],
      [8, 4],
      [255, 0],
    ])
    expect(ends(trivialAugmentSpace)).toEqual([
      [0, 0.99],
      [0, 32],
      [0, 135],
      [0, 0.99],
      [8, 2],
      [255, 0],
    ])
  })

  it('apply the operations that the stream names, one after the other', () => {
    const options = randAugment({ operations: 3, magnitude: 12, fill: 9 })
    const augmented = new Uint8Array(SIZE)
    createRandAugment(options, shape)(image, augmented, randomStream(5, 'ops'))
    const stream = randomStream(5, 'ops')
    let expected: Uint8Array = image
    for (let i = 0; i < 3; i++) {
      const entry = Object.values(randAugmentSpace)[stream.integer(14)]!
      const sign = stream.chance(0.5) && entry.signed ? -1 : 1
      const next = new Uint8Array(SIZE)
      entry.apply(expected, next, shape, sign * entry.strength(12 / 30, shape), 9)
      expected = next
    }
    expect(augmented).toEqual(expected)
    expect(changed(augmented)).toBeGreaterThan(0)
  })

  it('give every image its own change, the same at every call, and leave the source alone', () => {
    const before = Uint8Array.from(image)
    const all = Array.from({ length: 40 }, (_, index) => String(run([trivialAugment()], index)))
    expect(new Set(all).size).toBeGreaterThan(25)
    expect(Array.from({ length: 40 }, (_, index) => String(run([trivialAugment()], index)))).toEqual(all)
    expect(image).toEqual(before)
  })

  it('refuse images of two channels', () => {
    expect(() => run([randAugment()], 0, [2, 16, 24])).toThrow(
      'randAugment: expected images of 1 or 3 channels, received 2.',
    )
  })
})

describe('random erasing', () => {
  it('fills one rectangle within the given shares and ratios, in all channels', () => {
    const plan = [randomErasing({ probability: 1, area: [0.1, 0.3], aspect: [0.5, 2], value: 7 })]
    const flat = new Uint8Array(SIZE).fill(50)
    const places = new Set<string>()
    for (let index = 0; index < 60; index++) {
      const target = new Uint8Array(SIZE)
      compileTransforms(plan, shape)(flat, 0, target, 0, { seed: 1, epoch: 0, index })
      const erased = [...target.keys()].filter(i => target[i] === 7)
      const rows = erased.map(i => Math.floor(i / 16) % 16)
      const columns = erased.map(i => i % 16)
      const [h, w] = [rows, columns].map(p => Math.max(...p) - Math.min(...p) + 1) as [number, number]
      expect(erased.length).toBe(3 * h * w)
      // Sides are whole pixels, so shares and ratios hold to half a pixel of each side.
      expect((h + 0.5) * (w + 0.5)).toBeGreaterThanOrEqual(0.1 * 256)
      expect((h - 0.5) * (w - 0.5)).toBeLessThanOrEqual(0.3 * 256)
      expect((h + 0.5) / (w - 0.5)).toBeGreaterThanOrEqual(0.5)
      expect((h - 0.5) / (w + 0.5)).toBeLessThanOrEqual(2)
      places.add(`${Math.min(...rows)} ${Math.min(...columns)}`)
    }
    expect(places.size).toBeGreaterThan(20)
  })

  it('spares as many images as its probability says, and fills with noise', () => {
    const plan = [randomErasing({ probability: 0.5 })]
    const counts = Array.from({ length: 400 }, (_, index) => changed(run(plan, index)))
    const spared = counts.filter(count => count === 0).length
    expect(spared).toBeGreaterThan(150)
    expect(spared).toBeLessThan(250)
    const noisy = run([randomErasing({ probability: 1, area: [0.4, 0.4], aspect: [1, 1] })], 1)
    expect(new Set(noisy.filter((level, i) => level !== image[i])).size).toBeGreaterThan(60)
  })

  it('refuses areas that are no shares', () => {
    expect(() => randomErasing({ area: [0.5, 2] })).toThrow('shares of the image')
  })
})
