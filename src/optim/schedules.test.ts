import { describe, expect, it } from 'vitest'
import {
  constantRate,
  cosineDecay,
  exponentialDecay,
  linearDecay,
  oneCycle,
  type Schedule,
  stepDecay,
  warmUp,
} from './schedules.js'

const run = { totalSteps: 100, stepsPerEpoch: 10 }
const at = (schedule: Schedule, ...steps: number[]): number[] => steps.map(step => schedule({ step, ...run }))
const near = (received: readonly number[], expected: readonly number[]): void =>
  received.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 12)
  })

describe('schedules', () => {
  it('constant, step and exponential', () => {
    near(at(constantRate(), 0, 50, 99), [1, 1, 1])
    near(at(stepDecay({ epochs: 3, factor: 0.1 }), 0, 29, 30, 59, 60), [1, 1, 0.1, 0.1, 0.01])
    near(at(exponentialDecay({ factor: 0.5 }), 0, 5, 10, 20), [1, Math.SQRT1_2, 0.5, 0.25])
  })

  it('linear and cosine end where they are told to, and stay there', () => {
    near(at(linearDecay({ end: 0.2 }), 0, 50, 100, 150), [1, 0.6, 0.2, 0.2])
    near(at(cosineDecay({ end: 0.2 }), 0, 25, 50, 100, 150), [1, 0.6 + 0.4 * Math.SQRT1_2, 0.6, 0.2, 0.2])
  })

  it('one-cycle rises to 1 at its peak and falls to its end', () => {
    near(at(oneCycle(), 0, 15, 30, 65, 100), [0.04, 0.52, 1, 0.5005, 0.001])
    near(at(oneCycle({ peak: 0 }), 0, 50), [1, 0.5005])
    near(at(oneCycle({ peak: 1, start: 0 }), 0, 50, 100), [0, 0.5, 1])
  })

  it('warm-up rises in equal parts, reaches 1 with its last step, and then the rest begins', () => {
    const schedule = warmUp({ epochs: 1, followedBy: linearDecay() })
    near(at(schedule, 0, 4, 9), [0.1, 0.5, 1])
    near(at(schedule, 10, 55, 100), [1, 0.5, 0])
    near(at(warmUp({ epochs: 0, followedBy: linearDecay() }), 0, 50), [1, 0.5])
  })

  it('are finite in a run of one step', () => {
    const one = { step: 0, totalSteps: 1, stepsPerEpoch: 1 }
    for (const schedule of [
      constantRate(),
      linearDecay(),
      cosineDecay(),
      oneCycle(),
      warmUp({ epochs: 5, followedBy: cosineDecay() }),
    ])
      expect(Number.isFinite(schedule(one))).toBe(true)
  })
})
