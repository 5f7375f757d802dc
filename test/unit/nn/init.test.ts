import { describe, expect, it } from 'vitest'
import { randomStream } from '../../../src/core/random.js'
import {
  dirac,
  fans,
  glorotUniform,
  type InitializerName,
  initializerOf,
  normal,
  truncatedNormal,
  zeros,
} from '../../../src/nn/init.js'
import { initialWeights } from '../../../src/train/weights.js'

const kernel = [64, 32, 5, 5]
const matrix = [300, 200]
const draw = (name: InitializerName, shape: readonly number[]) => initializerOf(name)(shape, randomStream(1, name))
const root = Math.sqrt

/** Fan in and fan out of the two shapes above, counted by hand. */
const counted = [
  [kernel, 32 * 25, 64 * 25],
  [matrix, 300, 200],
] as const

function statistics(data: Float32Array) {
  const mean = data.reduce((sum, v) => sum + v, 0) / data.length
  const deviation = root(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length)
  const largest = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  return { mean, deviation, largest }
}

describe('initializers', () => {
  it.each(counted)('fans of %j', (shape, fanIn, fanOut) => {
    expect(fans(shape)).toEqual({ fanIn, fanOut })
  })

  it('count a vector as both fans', () => {
    expect(fans([7])).toEqual({ fanIn: 7, fanOut: 7 })
    expect(glorotUniform([7], randomStream(1)).every(Number.isFinite)).toBe(true)
  })

  const uniforms: [InitializerName, (i: number, o: number) => number][] = [
    ['glorotUniform', (i, o) => root(6 / (i + o))],
    ['heUniform', i => root(6 / i)],
    ['lecunUniform', i => root(3 / i)],
  ]
  it.each(uniforms)('%s fills its interval evenly', (name, limitOf) => {
    for (const [shape, fanIn, fanOut] of counted) {
      const limit = limitOf(fanIn, fanOut)
      const { mean, deviation, largest } = statistics(draw(name, shape))
      expect(largest).toBeLessThanOrEqual(limit)
      expect(largest).toBeGreaterThan(0.999 * limit)
      expect(Math.abs(mean)).toBeLessThan(0.02 * limit)
      expect(deviation / (limit / root(3))).toBeCloseTo(1, 1.7)
    }
  })

  const normals: [InitializerName, (i: number, o: number) => number][] = [
    ['glorotNormal', (i, o) => root(2 / (i + o))],
    ['heNormal', i => root(2 / i)],
    ['lecunNormal', i => root(1 / i)],
  ]
  it.each(normals)('%s has its deviation, and no outliers', (name, deviationOf) => {
    for (const [shape, fanIn, fanOut] of counted) {
      const wanted = deviationOf(fanIn, fanOut)
      const { mean, deviation, largest } = statistics(draw(name, shape))
      expect(Math.abs(mean)).toBeLessThan(0.02 * wanted)
      expect(deviation / wanted).toBeCloseTo(1, 1.7)
      expect(largest).toBeLessThanOrEqual((2 / 0.8796256610342398) * wanted * (1 + 1e-6))
      expect(largest).toBeGreaterThan(2.2 * wanted)
    }
  })

  it('truncated and plain normals differ in their tails alone', () => {
    const size = [100_000]
    const [cut, whole] = [truncatedNormal(3), normal(3)].map(make => statistics(make(size, randomStream(2))))
    expect(cut!.deviation).toBeCloseTo(3, 1)
    expect(whole!.deviation).toBeCloseTo(3, 1)
    expect(whole!.largest).toBeGreaterThan(11)
    expect(cut!.largest).toBeLessThan(6.83)
  })

  it.each([
    [[5, 3, 3, 3], 4],
    [[3, 5, 3, 3], 4],
    [[4, 4, 2, 2], 0],
    [[2, 2, 1, 5], 2],
  ])('dirac of %j: the first filters are the identity', (shape, centre) => {
    const [K, C, kh, kw] = shape as [number, number, number, number]
    const data = dirac(glorotUniform)(shape, randomStream(3))
    const base = glorotUniform(shape, randomStream(3))
    const window = kh * kw
    data.forEach((value, i) => {
      const [k, c, tap] = [Math.floor(i / (C * window)), Math.floor(i / window) % C, i % window]
      if (k >= Math.min(K, C)) expect(value).toBe(base[i])
      else expect(value).toBe(c === k && tap === centre ? 1 : 0)
    })
  })

  it('dirac refuses what is no convolution', () => {
    expect(() => dirac(zeros)([3, 3], randomStream(1))).toThrow(
      'dirac: expected a kernel [K, C, kh, kw], received [3, 3]',
    )
  })

  it('gives every parameter a stream of its own: another layer changes nothing, another seed everything', () => {
    const spec = (name: string) => ({
      name,
      shape: [3, 4],
      role: 'kernel' as const,
      initializer: glorotUniform,
      trainable: true,
    })
    const [alone, beside, other] = [
      initialWeights([spec('a')], [], 7),
      initialWeights([spec('b'), spec('a')], [], 7),
      initialWeights([spec('a')], [], 8),
    ]
    expect(beside.get('a')).toEqual(alone.get('a'))
    expect(beside.get('b')).not.toEqual(alone.get('a'))
    expect(other.get('a')).not.toEqual(alone.get('a'))
  })
})
