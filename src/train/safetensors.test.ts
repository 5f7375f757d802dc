import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { float32, int64, type Tensor, tensor, toNumbers } from '../core/tensor.js'
import { decodeSafetensors, encodeSafetensors } from './safetensors.js'

const join = (pieces: readonly Uint8Array[]): Buffer => Buffer.concat(pieces)
const file = (header: unknown, bodyBytes: number): Buffer => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, Buffer.alloc(bodyBytes)])
}
const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
})

describe('safetensors', () => {
  it('gives back what was written, also from a Buffer', () => {
    const tensors = new Map<string, Tensor>([
      ['b', float32([1, 2, 3, 4, 5, 6], [2, 3])],
      ['a', int64([7, -8])],
      ['bytes', tensor('uint8', [3], Uint8Array.of(1, 2, 3))],
      ['none', float32([], [0, 4])],
      ['__proto__', float32([9], [])],
    ])
    const decoded = decodeSafetensors(join(encodeSafetensors(tensors, { format: 'test' })), 'x')
    expect(decoded.metadata).toEqual({ format: 'test' })
    expect([...decoded.tensors.keys()].sort()).toEqual([...tensors.keys()].sort())
    for (const [name, { dtype, shape, data }] of decoded.tensors) {
      expect({ dtype, shape, data: toNumbers({ dtype, shape, data }) }).toEqual({
        dtype: tensors.get(name)!.dtype,
        shape: tensors.get(name)!.shape,
        data: toNumbers(tensors.get(name)!),
      })
    }
  })

  const bad: [string, Buffer, RegExp][] = [
    ['nothing', Buffer.alloc(0), /expected a safetensors file, received 0 bytes/],
    ['a header longer than the file', file({}, 0).fill(0xff, 0, 6), /a header that lies inside the file/],
    ['a header that is no JSON', file('{oops', 0), /a header of JSON/],
    ['a header that is a list', file('[]', 0), /begins with '\{'/],
    ['an unknown dtype', file({ a: { ...f32(0, 4), dtype: 'F8' } }, 4), /a dtype of tensor 'a'/],
    ['a gap', file({ a: f32(0, 4), b: f32(8, 12) }, 12), /tensor 'b' to begin at byte 4/],
    ['an overlap', file({ a: f32(0, 8), b: f32(4, 8) }, 8), /tensor 'b' to begin at byte 8/],
    ['a tail that nobody owns', file({ a: f32(0, 4) }, 8), /4 bytes of tensors, received 8/],
    ['a body that is too short', file({ a: f32(0, 8) }, 4), /8 bytes of tensors, received 4/],
    ['a shape that lies', file({ a: f32(0, 4, [2]) }, 4), /8 bytes for tensor 'a'/],
    ['a negative size', file({ a: f32(0, 4, [-1, -1]) }, 4), /a shape of whole numbers/],
    ['a size beyond all numbers', file({ a: f32(0, 4, [2 ** 53]) }, 4), /a shape of whole numbers/],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }, 0), /text only/],
  ]
  it.each(bad)('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'x')).toThrow(message)
  })

  it('survives any change of any byte', () => {
    const good = join(
      encodeSafetensors(
        new Map([
          ['a', float32([1, 2])],
          ['b', float32([3])],
        ]),
      ),
    )
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
        const bytes = Buffer.from(good.subarray(0, length))
        if (at < bytes.length) bytes[at] = byte
        try {
          decodeSafetensors(bytes, 'x')
        } catch (error) {
          expect((error as Error).name).toBe('FoveaError')
        }
      }),
      { numRuns: 2000 },
    )
  })
})
