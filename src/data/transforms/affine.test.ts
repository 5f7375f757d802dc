import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyAffine, identityAffine } from './affine.js'
import { applyGenerator, blankGeneratorParameters } from './generator.js'

const row = (values: number[]) => Uint8Array.from(values)
const shift = (pixels: number) => ({ ...identityAffine, tx: pixels })

describe('applyAffine', () => {
  /** Made with keras 3.15.1 and scipy 1.17.1: apply_affine_transform(x, tx=..., fill_mode=..., cval=9). */
  it('fills beyond the edge in each of the four ways', () => {
    const x = row([10, 20, 30, 40])
    const fill = (mode: Parameters<typeof applyAffine>[3]) => [...applyAffine(x, [1, 1, 4], shift(-2.5), mode, 9)]
    expect(fill('nearest')).toEqual([10, 10, 10, 15])
    expect(fill('constant')).toEqual([9, 9, 9, 15])
    expect(fill('reflect')).toEqual([25, 15, 10, 15])
    expect(fill('wrap')).toEqual([15, 25, 35, 15])
  })

  it('moves columns by tx, rows by ty, and shrinks for a zoom above 1', () => {
    const x = Uint8Array.from({ length: 25 }, (_, i) => i)
    expect([...applyAffine(x, [1, 5, 5], { ...identityAffine, tx: 1 })].slice(0, 5)).toEqual([1, 2, 3, 4, 4])
    expect([...applyAffine(x, [1, 5, 5], { ...identityAffine, ty: 1 })].slice(0, 5)).toEqual([5, 6, 7, 8, 9])
    const small = applyAffine(x, [1, 5, 5], { ...identityAffine, zx: 2, zy: 2 }, 'constant', 0)
    expect([...small]).toEqual([0, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 10, 12, 14, 0, 0, 20, 22, 24, 0, 0, 0, 0, 0, 0])
  })

  it('never leaves the range of the image, whatever the parameters', () => {
    const angle = fc.double({ min: -400, max: 400, noNaN: true })
    const parameters = fc.record({
      theta: angle,
      tx: angle,
      ty: angle,
      shear: angle,
      zx: fc.double({ min: 0, max: 9, noNaN: true }),
      zy: fc.double({ min: 0, max: 9, noNaN: true }),
    })
    const mode = fc.constantFrom('nearest', 'reflect', 'wrap', 'constant' as const)
    const pixels = fc.uint8Array({ minLength: 42, maxLength: 42 })
    fc.assert(
      fc.property(pixels, parameters, mode, (x, p, fillMode) => {
        const low = Math.min(...x)
        const high = Math.max(...x)
        for (const value of applyAffine(x, [1, 6, 7], p, fillMode, low)) {
          expect(value).toBeGreaterThanOrEqual(low - 1e-4)
          expect(value).toBeLessThanOrEqual(high + 1e-4)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('refuses pixels that do not fill the shape', () => {
    expect(() => applyAffine(row([1]), [1, 1, 2], identityAffine)).toThrow(
      /expected 2 values for \[1, 1, 2\], received 1/,
    )
  })
})

describe('applyGenerator', () => {
  const run = (x: number[], change: Partial<ReturnType<typeof blankGeneratorParameters>>) => {
    const target = new Uint8Array(x.length)
    const parameters = { ...blankGeneratorParameters(), ...change }
    const fill = { fillMode: 'nearest', cval: 0 } as const
    const work = new Float32Array(x.length)
    applyGenerator(row(x), 0, target, 0, [1, 2, x.length / 2], parameters, fill, work, new Float64Array(6))
    return [...target]
  }

  it('mirrors after the affine', () => {
    expect(run([1, 2, 3, 4, 5, 6], { flipHorizontal: true })).toEqual([3, 2, 1, 6, 5, 4])
    expect(run([1, 2, 3, 4, 5, 6], { flipVertical: true })).toEqual([4, 5, 6, 1, 2, 3])
    expect(run([1, 2, 3, 4, 5, 6], { flipHorizontal: true, flipVertical: true })).toEqual([6, 5, 4, 3, 2, 1])
  })

  it("clips a channel shift to the image's own range, and cuts after brightness", () => {
    expect(run([10, 100, 200, 250], { channelShift: 60 })).toEqual([70, 160, 250, 250])
    expect(run([10, 100, 200, 250], { channelShift: -95.2 })).toEqual([10, 10, 105, 155])
    expect(run([10, 101, 200, 250], { brightness: 1.5 })).toEqual([15, 151, 255, 255])
    expect(run([10, 101, 200, 255], { brightness: 0.5 })).toEqual([5, 50, 100, 127])
  })
})
