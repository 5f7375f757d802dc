import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { compileTransforms } from './compile.js'
import { cutout, imageDataGenerator, randomCrop, randomFlip, type Transform, transformsSchema } from './index.js'

type Shape = readonly [number, number, number]

function run(plan: Transform[], x: Uint8Array, shape: Shape, { seed = 1, epoch = 0, index = 0 } = {}): Uint8Array {
  const target = new Uint8Array(x.length)
  compileTransforms(plan, shape)(x, 0, target, 0, { seed, epoch, index })
  return target
}

/** Pads as numpy.pad does, pixel by pixel, and cuts at the offsets that the plan's stream gives. */
function slowCrop(
  x: Uint8Array,
  [channels, height, width]: Shape,
  padding: number,
  mode: string,
  value: number,
  key: number,
) {
  const stream = randomStream(1, 'augment', 0, key)
  const dy = stream.integer(2 * padding + 1) - padding
  const dx = stream.integer(2 * padding + 1) - padding
  const fold = (i: number, n: number): number => {
    if (mode === 'edge') return Math.min(n - 1, Math.max(0, i))
    while (mode === 'reflect' && n > 1 && (i < 0 || i >= n)) i = i < 0 ? -i : 2 * (n - 1) - i
    return n === 1 && mode === 'reflect' ? 0 : i
  }
  const out = new Uint8Array(x.length)
  for (let c = 0; c < channels; c++)
    for (let r = 0; r < height; r++)
      for (let k = 0; k < width; k++) {
        const y = fold(r + dy, height)
        const z = fold(k + dx, width)
        const inside = y >= 0 && y < height && z >= 0 && z < width
        out[(c * height + r) * width + k] = inside ? x[(c * height + y) * width + z]! : value
      }
  return out
}

const bytes = (length: number, seed = 3) => {
  const x = new Uint8Array(length)
  randomStream(seed, 'pixels').fillBytes(x)
  return x
}

describe('compileTransforms', () => {
  it('an empty plan copies', () => {
    const x = bytes(12)
    expect(run([], x, [3, 2, 2])).toEqual(x)
  })

  it('crops as pixel-by-pixel padding does, in every mode and size', () => {
    const side = fc.integer({ min: 1, max: 9 })
    const mode = fc.constantFrom('reflect', 'constant', 'edge' as const)
    const padding = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(side, side, padding, mode, fc.nat(1000), (height, width, pad, how, index) => {
        const shape = [2, height, width] as const
        const x = bytes(2 * height * width)
        const plan = [randomCrop({ padding: pad, mode: how, value: 9 })]
        expect(run(plan, x, shape, { index })).toEqual(slowCrop(x, shape, pad, how, 9, index))
      }),
    )
  })

  it('one gather for crop and flip gives what two passes give', () => {
    const x = bytes(3 * 32 * 32)
    const crop = randomCrop({ padding: 4, mode: 'constant' })
    for (let index = 0; index < 20; index++) {
      const key = { seed: 1, epoch: 0, index }
      const cropped = slowCrop(x, [3, 32, 32], 4, 'constant', 0, index)
      const flip = randomFlip({ mode: 'alternating' })
      const both = run([crop, flip], x, [3, 32, 32], key)
      expect(both).toEqual(run([flip], cropped, [3, 32, 32], key))
    }
  })

  it('alternating: about half at first, then the other side of every image in every epoch', () => {
    const x = Uint8Array.from([1, 2])
    const flipped = (epoch: number, index: number) =>
      run([randomFlip({ mode: 'alternating' })], x, [1, 1, 2], { epoch, index })[0] === 2
    const first = Array.from({ length: 400 }, (_, i) => flipped(0, i))
    expect(first.filter(Boolean).length).toBeGreaterThan(150)
    expect(first.filter(Boolean).length).toBeLessThan(250)
    for (let i = 0; i < 400; i++) {
      expect(flipped(1, i)).toBe(!first[i])
      expect(flipped(2, i)).toBe(first[i])
    }
    const random = Array.from(
      { length: 400 },
      (_, i) => run([randomFlip()], x, [1, 1, 2], { epoch: 1, index: i })[0] === 2,
    )
    expect(random.some((is, i) => is === first[i])).toBe(true)
  })

  it('cutout hides one square, cut off at the border, in every channel', () => {
    const x = new Uint8Array(2 * 8 * 8).fill(5)
    for (let index = 0; index < 50; index++) {
      const out = run([cutout({ size: 4, value: 9 })], x, [2, 8, 8], { index })
      const hidden = [...out.keys()].filter(i => out[i] === 9)
      const [rows, columns] = [hidden.map(i => Math.floor((i % 64) / 8)), hidden.map(i => i % 8)]
      const [height, width] = [rows, columns].map(at => Math.max(...at) - Math.min(...at) + 1) as [number, number]
      expect(height).toBeGreaterThanOrEqual(2)
      expect(height).toBeLessThanOrEqual(4)
      expect(hidden.length).toBe(2 * height * width)
    }
  })

  it('stages follow plan order: cutout before a shift moves with it', () => {
    const x = bytes(3 * 16 * 16)
    const plan = [
      cutout({ size: 3 }),
      randomCrop({ padding: 2 }),
      imageDataGenerator({ rotationRange: 10 }),
      randomFlip(),
    ]
    expect(run(plan, x, [3, 16, 16])).not.toEqual(run([...plan].reverse(), x, [3, 16, 16]))
  })

  it('the same key gives the same bytes after any history; another key others', () => {
    const x = bytes(3 * 32 * 32)
    const plan = [
      imageDataGenerator({ rotationRange: 15, zoomRange: 0.2, brightnessRange: [0.8, 1.2] }),
      cutout({ size: 8 }),
    ]
    const used = compileTransforms(plan, [3, 32, 32])
    const target = new Uint8Array(x.length)
    for (let index = 0; index < 9; index++) used(x, 0, target, 0, { seed: 1, epoch: 4, index })
    used(x, 0, target, 0, { seed: 1, epoch: 0, index: 0 })
    expect(target).toEqual(run(plan, x, [3, 32, 32]))
    for (const key of [{ seed: 2 }, { epoch: 1 }, { index: 1 }])
      expect(run(plan, x, [3, 32, 32], key)).not.toEqual(target)
  })

  it('refuses a transform it does not know', () => {
    expect(() => compileTransforms([{ type: 'mixup' } as unknown as Transform], [1, 1, 1])).toThrow(
      /expected transforms of one image.*received \{"type":"mixup"\}/,
    )
  })
})

describe('the schema', () => {
  it('fills defaults, round-trips as JSON, and refuses what it does not know', () => {
    const plan = [
      imageDataGenerator({ rotationRange: 15 }),
      randomCrop({ padding: 4 }),
      randomFlip(),
      cutout({ size: 8 }),
    ]
    expect(transformsSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
    expect(plan[0]).toMatchObject({ fillMode: 'nearest', cval: 0, zoomRange: 0, brightnessRange: null })
    expect(() => imageDataGenerator({ rotation: 15 } as object)).toThrow(/imageDataGenerator: .*rotation/)
    expect(() => randomCrop({ padding: 0 })).toThrow(/padding/)
    expect(() => imageDataGenerator({ zoomRange: [1.2, 0.8] })).toThrow(/zoomRange/)
  })
})
