import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classCounts, image, imageSet, split, subset } from './image-set.js'
import { measureNormalization } from './normalization.js'

const numbered = (count: number) =>
  imageSet({
    name: 'numbered',
    classNames: ['even', 'odd'],
    shape: [1, 2, 2],
    images: Uint8Array.from({ length: count * 4 }, (_, i) => i >> 2),
    labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
  })

describe('ImageSet', () => {
  it('views one image and copies a subset, labels with pixels', () => {
    const set = numbered(5)
    expect([...image(set, 3)]).toEqual([3, 3, 3, 3])
    const some = subset(set, [4, 1, 1])
    expect([some.count, ...some.labels]).toEqual([3, 0, 1, 1])
    expect([...some.images]).toEqual([4, 4, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1])
    expect(some.images.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(classCounts(some)).toEqual([1, 2])
    expect(() => image(set, 5)).toThrow(/expected an index from 0 to 4, received 5/)
  })

  it('refuses parts that do not fit together', () => {
    const parts = { name: 'x', classNames: ['a'], shape: [1, 1, 1] as const, images: new Uint8Array(2) }
    expect(() => imageSet({ ...parts, labels: new Uint8Array(3) })).toThrow(/expected 3 bytes for 3 images/)
    expect(() => imageSet({ ...parts, labels: Uint8Array.from([0, 1]) })).toThrow(
      /labels below 1.*received 1 for image 1/,
    )
  })

  it('splits into disjoint parts, the same for the same seed', () => {
    const set = numbered(40)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 1, max: 20 }), (seed, size) => {
        const [a, b] = split(set, [size, 20], { seed })
        const ids = [a!, b!].flatMap(part => Array.from({ length: part.count }, (_, i) => image(part, i)[0]!))
        expect(new Set(ids).size).toBe(size + 20)
        for (const part of [a!, b!])
          for (let i = 0; i < part.count; i++) expect(part.labels[i]).toBe(image(part, i)[0]! % 2)
        expect(split(set, [size, 20], { seed })[0]!.images).toEqual(a!.images)
      }),
      { numRuns: 30 },
    )
    expect(split(set, [20], { seed: 1 })[0]!.images).not.toEqual(split(set, [20], { seed: 2 })[0]!.images)
    expect(() => split(set, [30, 11], { seed: 1 })).toThrow(/at most 40, received \[30, 11\], sum 41/)
    expect(() => split(set, [0, 11], { seed: 1 })).toThrow(/at least 1/)
  })

  it('measures mean and deviation per channel', () => {
    const set = imageSet({
      name: 'two',
      classNames: ['a'],
      shape: [2, 1, 2],
      images: Uint8Array.from([0, 255, 51, 51, 0, 255, 51, 51]),
      labels: new Uint8Array(2),
    })
    const { mean, standardDeviation } = measureNormalization(set)
    expect(mean[0]).toBeCloseTo(0.5, 12)
    expect(mean[1]).toBeCloseTo(0.2, 12)
    expect(standardDeviation[0]).toBeCloseTo(0.5, 12)
    expect(standardDeviation[1]).toBe(1)
  })
})
