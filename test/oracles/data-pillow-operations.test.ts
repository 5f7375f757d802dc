import { beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.js'
import { BINS, randAugmentSpace, trivialAugmentSpace } from '../../src/data/transforms/rand-augment.js'
import { type Answer, Parcel } from './exchange.js'
import { python } from './python.js'

const { path: interpreter, missing } = python()
if (missing) console.warn(`skipped: ${missing}`)

type Shape = readonly [number, number, number]
interface Picture {
  what: string
  shape: Shape
  pixels: Uint8Array
}

/** Noise, a smooth picture of few levels (equalisation and contrast have something to do), a grey one, one level. */
function pictures(): Picture[] {
  const filled = (what: string, shape: Shape, levelAt: (c: number, y: number, x: number) => number): Picture => {
    const pixels = new Uint8Array(shape[0] * shape[1] * shape[2])
    pixels.forEach((_, i) => {
      const [c, rest] = [Math.floor(i / (shape[1] * shape[2])), i % (shape[1] * shape[2])]
      pixels[i] = levelAt(c, Math.floor(rest / shape[2]), rest % shape[2])
    })
    return { what, shape, pixels }
  }
  const stream = randomStream(8, 'pictures')
  return [
    filled('noise', [3, 32, 32], () => stream.integer(256)),
    filled('slopes', [3, 24, 17], (c, y, x) => 40 + 20 * c + 3 * y + 2 * x),
    filled('grey', [1, 9, 12], (_, y, x) => 100 + 5 * y + ((x * 7) % 11)),
    filled('one level', [3, 8, 8], () => 77),
  ]
}

interface Case {
  title: string
  operation: string
  picture: Picture
  strength: number
  fill: number
  ours: Uint8Array
}

function casesOf(): Case[] {
  const cases: Case[] = []
  for (const [name, space] of Object.entries({ randAugmentSpace, trivialAugmentSpace }))
    for (const [operation, entry] of Object.entries(space))
      for (const picture of pictures())
        for (let bin = 0; bin < BINS; bin += 5)
          for (const sign of entry.signed ? [1, -1] : [1]) {
            const strength = sign * entry.strength(bin / (BINS - 1), picture.shape)
            const ours = new Uint8Array(picture.pixels.length)
            entry.apply(picture.pixels, ours, picture.shape, strength, 93)
            const title = `${name} ${operation} ${strength} of ${picture.what}`
            cases.push({ title, operation, picture, strength, fill: 93, ours })
          }
  return cases
}

const differences = (ours: Uint8Array, theirs: Answer): number =>
  ours.length === theirs.data.length ? ours.reduce((n, level, i) => n + Number(level !== theirs.data[i]), 0) : Infinity

describe.skipIf(!interpreter)('operations of RandAugment and TrivialAugment against Pillow', () => {
  const cases = casesOf()
  const theirs: Answer[] = []
  beforeAll(() => {
    const parcel = new Parcel()
    const requests = cases.map(({ operation, picture, strength, fill }) => ({
      operation,
      strength,
      fill,
      image: parcel.put(picture.shape, Float32Array.from(picture.pixels)),
    }))
    const answers = parcel.send(interpreter!, 'pillow_operations.py', { cases: requests })
    for (const _ of cases) theirs.push(answers.next())
    expect(answers.left()).toBe(0)
  })

  it.each(Object.keys(randAugmentSpace))('%s: every pixel is the same', operation => {
    const own = cases.map((c, i) => ({ ...c, theirs: theirs[i]! })).filter(c => c.operation === operation)
    expect(own.length).toBeGreaterThan(50)
    const wrong = own.flatMap(c => {
      const count = differences(c.ours, c.theirs)
      return count ? [`${c.title}: ${count} pixels`] : []
    })
    expect(wrong).toEqual([])
  })

  it('a strength of another bin is noticed (planted)', () => {
    for (const operation of Object.keys(randAugmentSpace)) {
      const own = cases.filter(c => c.operation === operation && c.title.startsWith('trivial'))
      if (new Set(own.map(c => c.strength)).size === 1) continue
      const mixedUp = own.filter((c, i) => {
        const next = own[(i + 1) % own.length]!
        return c.picture.what === next.picture.what && differences(c.ours, theirs[cases.indexOf(next)]!) > 0
      })
      expect(mixedUp.length, operation).toBeGreaterThan(0)
    }
  })
})
