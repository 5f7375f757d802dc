import { describe, expect, it } from 'vitest'
import { randomStream, threefry } from './random.js'

describe('random streams', () => {
  it('uses Threefry-2x32-20 as published (known answers of the Random123 distribution)', () => {
    expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe])
    expect(threefry([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([0x1cb996fc, 0xbb002be7])
    expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xc4923a9c, 0x483df7a0])
  })

  it('gives the same numbers for the same name and others for any other', () => {
    const first = (...path: (string | number)[]) => randomStream(7, ...path).word()
    expect(first('order', 1)).toBe(first('order', 1))
    const names: (string | number)[][] = [
      ['order'],
      ['order', 0],
      ['order', 1],
      ['order', 1, 0],
      ['augment', 1],
      [1, 'order'],
      [1],
      [2 ** 40],
    ]
    expect(new Set(names.map(path => first(...path))).size).toBe(names.length)
    expect(randomStream(8, 'order').word()).not.toBe(first('order'))
  })

  it('is uniform, normal and without bias as far as a sample can tell', () => {
    const stream = randomStream(1, 'test')
    const n = 200_000
    let [sum, squares, heads] = [0, 0, 0]
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < n; i++) {
      const z = stream.normal()
      sum += z
      squares += z * z
      counts[stream.integer(7)]!++
      if (stream.chance(0.3)) heads++
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.01)
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.02)
    for (const count of counts) expect(Math.abs(count / n - 1 / 7)).toBeLessThan(0.004)
    expect(Math.abs(heads / n - 0.3)).toBeLessThan(0.005)
  })

  it('fills bytes the same at any length and evenly', () => {
    const bytes = (length: number): Uint8Array => {
      const target = new Uint8Array(length)
      randomStream(3, 'bytes').fillBytes(target)
      return target
    }
    expect([...bytes(1003).subarray(0, 1000)]).toEqual([...bytes(1000)])
    const stream = randomStream(3, 'bytes')
    const words = Uint32Array.from({ length: 25 }, () => stream.word())
    expect([...bytes(100)]).toEqual([...new Uint8Array(words.buffer)])
    const after = randomStream(3, 'bytes')
    after.fillBytes(new Uint8Array(100))
    expect(after.word()).toBe(stream.word())
    const mean = bytes(100_000).reduce((sum, byte) => sum + byte, 0) / 100_000
    expect(Math.abs(mean - 127.5)).toBeLessThan(1)
  })

  it('permutes: every number once, other orders for other seeds', () => {
    const order = randomStream(1, 'order', 0).permutation(1000)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect([...order]).not.toEqual([...randomStream(1, 'order', 1).permutation(1000)])
  })
})
