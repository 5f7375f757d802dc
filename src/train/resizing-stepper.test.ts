import { describe, expect, it } from 'vitest'
import { float32 } from '../core/tensor.js'
import { ResizingStepper, sizeAt } from './resizing-stepper.js'
import type { WeightMap } from './weights.js'

const phases = [
  { size: 16, until: 0.25 },
  { size: 24, until: 0.5 },
]

describe('progressive resizing', () => {
  it('grows by the share of the run, and ends with the images as they are', () => {
    expect([0, 1, 2, 3, 4, 7].map(step => sizeAt(phases, step, 8))).toEqual([16, 16, 24, 24, undefined, undefined])
    expect(sizeAt([], 0, 8)).toBeUndefined()
  })

  it('hands the weights on and holds one stepper at a time', async () => {
    const log: string[] = []
    let alive = 0
    const build = async (size: number | undefined, weights: WeightMap) => {
      alive++
      expect(alive).toBe(1)
      const held = float32([weights.get('w')!.data[0] as number])
      return {
        stepper: {
          step: async () => {
            held.data[0] = (held.data[0] as number) + 1
            log.push(`${size}: ${held.data[0]}`)
            return { loss: 0, correct: 0, gradientNorms: new Float32Array() }
          },
          read: () => new Map([['w', held]]),
          peek: () => held.data as Float32Array,
          write: () => undefined,
        },
        release: async () => void alive--,
      }
    }
    const stepper = await ResizingStepper.create(
      build,
      step => sizeAt(phases, step, 4),
      0,
      new Map([['w', float32([10])]]),
    )
    for (let step = 0; step < 4; step++)
      await stepper.step({ images: new Uint8Array(), labels: new Int32Array(), step, rateFactor: 1 })
    expect(log).toEqual(['16: 11', '24: 12', 'undefined: 13', 'undefined: 14'])
    await stepper.release()
    expect(alive).toBe(0)
  })
})
