import { describe, expect, it } from 'vitest'
import type { Evidence } from './evidence.js'
import { laws } from './laws.js'

const probabilities = new Float32Array(20).fill(0.1)
const gradients = new Map([
  ['conv/kernel', Float32Array.of(1, -2, 3)],
  ['conv/bias', Float32Array.of(0.5)],
])
const sound: Evidence = {
  untrained: probabilities,
  gradients: [
    { lowered: gradients, portable: gradients },
    { lowered: gradients, portable: gradients },
  ],
  losses: [2.3, 1, 0.1],
  whole: 'a1',
  resumed: 'a1',
  exported: probabilities,
  scored: probabilities,
}
/** On every batch. */
const withBias = (bias: number): Partial<Evidence> => ({
  gradients: sound.gradients.map(({ portable }) => ({
    lowered: new Map([...gradients, ['conv/bias', Float32Array.of(bias)]]),
    portable,
  })),
})
const changed = (values: Float32Array, by: number): Float32Array => values.map((v, i) => (i === 0 ? v * by : v))

/** Planted errors: what each law must see. */
const spoiled: readonly [string, string, Partial<Evidence>][] = [
  ['its output is finite, and probabilities', 'a NaN', { untrained: changed(probabilities, Number.NaN) }],
  ['its output is finite, and probabilities', 'a sum of 1.001', { untrained: changed(probabilities, 1.01) }],
  ['every trainable parameter has a gradient', 'a gradient of zeros', withBias(0)],
  ['the lowered step is the portable step', 'a small gradient off by a fiftieth', withBias(0.51)],
  ['the lowered step is the portable step', 'a NaN', withBias(Number.NaN)],
  ['it learns one batch by heart', 'a loss that stays', { losses: [2.3, 2.2, 2.1] }],
  ['it learns one batch by heart', 'a loss that is lost', { losses: [2.3, Number.NaN] }],
  ['it resumes bit for bit', 'other weights', { resumed: 'a2' }],
  [
    'its exported file gives what training saw',
    'a probability 0.001 apart',
    { exported: changed(probabilities, 1.01) },
  ],
]

describe('the laws of the zoo', () => {
  it('accept what is sound', () => {
    for (const law of Object.values(laws)) expect(law(sound)).toEqual([])
  })
  it('accept a kink on one batch', () => {
    const [kinked] = withBias(0.51).gradients!
    expect(
      laws['the lowered step is the portable step']!({ ...sound, gradients: [kinked!, sound.gradients[1]!] }),
    ).toEqual([])
  })
  it.each(spoiled)('%s: sees %s', (name, _, error) => {
    expect(laws[name]!({ ...sound, ...error })).not.toEqual([])
  })
  it('all have a planted error', () => {
    expect(new Set(spoiled.map(([name]) => name))).toEqual(new Set(Object.keys(laws)))
  })
})
