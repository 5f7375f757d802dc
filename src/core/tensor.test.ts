import { describe, expect, it } from 'vitest'
import { float32, tensor, tensorFromBytes, toNumbers } from './tensor.js'

describe('tensor', () => {
  it('copies bytes, from a Buffer in the middle of a pool too', () => {
    const bytes = Buffer.from(Float32Array.of(9, 1.5, -2, 9).buffer).subarray(4, 12)
    const t = tensorFromBytes('float32', [2], bytes)
    expect(toNumbers(t)).toEqual([1.5, -2])
    bytes.fill(0)
    expect(toNumbers(t)).toEqual([1.5, -2])
  })

  it('refuses data that does not fill the shape', () => {
    expect(() => tensor('float32', [2, 3], float32([1, 2]).data)).toThrow(
      'expected 6 elements for shape [2, 3], received 2',
    )
  })
})
