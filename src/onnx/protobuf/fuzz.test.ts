import { describe, expect, it } from 'vitest'
import { FoveaError } from '../../core/errors.js'
import { type RandomStream, randomStream } from '../../core/random.js'
import { float32, int64, tensor } from '../../core/tensor.js'
import { operators } from '../../ops/index.js'
import { Graph } from '../ir.js'
import { decodeModel } from './decode.js'
import { encodeModel } from './encode.js'
import { scanModel } from './scan.js'

const op = (name: string) => operators.find(known => known.name === name && known.domain === '')!

/** A small file with every kind of field that files of ours have. */
function seedFile(): Uint8Array {
  const graph = new Graph('seed')
  const x = graph.input('x', 'float32', ['N', 1, 4, 4])
  const w = graph.initializer('w', tensor('float32', [2, 1, 3, 3], new Float32Array(18).fill(0.5)))
  const conv = graph.add(op('Conv'), [x, w], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })
  const flat = graph.add(op('Reshape'), [graph.add(op('Relu'), [conv]), graph.constant(int64([-1, 32]))])
  graph.output(graph.add(op('Add'), [flat, graph.constant(float32([1]))]), 'y')
  return encodeModel(graph, { metadata: { labels: '["a","b"]' } })
}

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x3a]

function mutate(bytes: Uint8Array, random: RandomStream): Uint8Array {
  let out = bytes.slice()
  for (let n = random.integer(4); n >= 0; n--) {
    const at = random.integer(out.length)
    const kind = random.integer(6)
    if (kind === 0) out[at] = random.integer(256)
    else if (kind === 1) out[at] = interesting[random.integer(interesting.length)]!
    else if (kind === 2) out[at]! ^= 1 << random.integer(8)
    else if (kind === 3) out = out.slice(0, at + 1)
    else {
      const piece = out.slice(at, at + random.integer(40))
      const to = random.integer(out.length)
      out = Uint8Array.from([...out.subarray(0, to), ...piece, ...out.subarray(kind === 4 ? to : to + piece.length)])
    }
  }
  return out
}

describe('damaged files', () => {
  it('are read or refused, never anything else', () => {
    const seed = seedFile()
    const outcomes = { read: 0, refused: 0 }
    const slow: number[] = []
    for (let i = 0; i < 4000; i++) {
      const bytes = mutate(seed, randomStream(7, 'mutate', i))
      for (const read of [scanModel, (file: Uint8Array) => decodeModel(file, { operators })]) {
        const start = performance.now()
        try {
          read(bytes)
          outcomes.read++
        } catch (error) {
          if (!(error instanceof FoveaError)) throw new Error(`mutation ${i}`, { cause: error })
          outcomes.refused++
        }
        if (performance.now() - start > 200) slow.push(i)
      }
    }
    expect(slow).toEqual([])
    expect(outcomes.read).toBeGreaterThan(200)
    expect(outcomes.refused).toBeGreaterThan(2000)
  })

  it('every prefix of a file is refused', () => {
    const seed = seedFile()
    const refused = Array.from(seed, (_, length) => {
      try {
        decodeModel(seed.subarray(0, length), { operators })
        return false
      } catch (error) {
        return error instanceof FoveaError
      }
    })
    // The last field is metadata: a file that ends just before it is whole.
    expect(refused.filter(isRefused => !isRefused).length).toBeLessThanOrEqual(1)
    expect(decodeModel(seed, { operators }).metadata.labels).toBe('["a","b"]')
  })
})
