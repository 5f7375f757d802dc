import { describe, expect, it } from 'vitest'
import { float16Bits, float16Value, toFloat16 } from './float16.js'

describe('float16', () => {
  it('every finite float16 comes back as its own bits', () => {
    const wrong: number[] = []
    for (let bits = 0; bits < 0x10000; bits++) {
      if (((bits >> 10) & 31) === 31) continue
      if (float16Bits(float16Value(bits)) !== bits) wrong.push(bits)
    }
    expect(wrong).toEqual([])
  })

  it('halfway between two neighbours goes to the even one, a little more or less to the nearer', () => {
    const wrong: number[] = []
    for (let bits = 0; bits < 0x7bff; bits++) {
      const half = (float16Value(bits) + float16Value(bits + 1)) / 2
      const even = bits % 2 === 0 ? bits : bits + 1
      const nudge = half * 2 ** -40
      if (float16Bits(half) !== even || float16Bits(half + nudge) !== bits + 1 || float16Bits(half - nudge) !== bits)
        wrong.push(bits)
    }
    expect(wrong).toEqual([])
  })

  it.each([
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [-1e9, 0xfc00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [1, 0x3c00],
    [-0, 0x8000],
    [2 ** -25, 0],
    [2 ** -24, 1],
    [1e-30, 0],
    [Number.NaN, 0x7e00],
  ])('%d is %d', (value, bits) => expect(float16Bits(value)).toBe(bits))

  it('a list becomes bits', () => expect([...toFloat16([1, -2])]).toEqual([0x3c00, 0xc000]))
})
