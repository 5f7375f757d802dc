import { describe, expect, it } from 'vitest'
import { type Averaging, ema, swa } from './averaging.js'

const run = { totalSteps: 40, stepsPerEpoch: 10 }
/** The average after every step where the weight after step s (from 0) is s². */
function follow(averaging: Averaging): number[] {
  let average = -1
  return Array.from({ length: run.totalSteps }, (_, step) => {
    const { keep, take } = averaging.factors({ step, ...run })
    average = keep * average + take * step ** 2
    return average
  })
}
const at = (epoch: number): number => (10 * epoch - 1) ** 2

describe('ema', () => {
  it('forgets its start while it warms up and then keeps its decay', () => {
    const { factors } = ema({ decay: 0.9 })
    expect(factors({ step: 0, ...run }).keep).toBeCloseTo(2 / 11, 12)
    expect(factors({ step: 30, ...run }).keep).toBeCloseTo(32 / 41, 12)
    expect(factors({ step: 1000, ...run })).toEqual({ keep: 0.9, take: 1 - 0.9 })
    expect(ema({ decay: 0.9, warmUp: false }).factors({ step: 0, ...run }).keep).toBe(0.9)
  })
  it('refuses a decay of 1', () => {
    expect(() => ema({ decay: 1 })).toThrow('ema: expected a decay in [0, 1), received 1.')
  })
})

describe('swa', () => {
  it('is the mean of the weights at the ends of epochs from its start on, and the weights themselves before', () => {
    const averages = follow(swa({ from: 0.5 }))
    expect(averages[18]).toBe(18 ** 2)
    expect(averages[19]).toBe(at(2))
    expect(averages[28]).toBe(at(2))
    expect(averages[29]).toBe((at(2) + at(3)) / 2)
    expect(averages[39]).toBeCloseTo((at(2) + at(3) + at(4)) / 3, 9)
    expect(follow(swa({ from: 0.75 }))[39]).not.toBe(averages[39])
  })
  it('asks for new statistics once it has begun', () => {
    const { remeasures } = swa({ from: 0.5 })
    expect([18, 19, 25, 39].map(step => remeasures({ step, ...run }))).toEqual([false, true, true, true])
    expect(ema().remeasures({ step: 39, ...run })).toBe(false)
  })
  it('refuses a start after the end', () => {
    expect(() => swa({ from: 1.5 })).toThrow('swa: expected a share of the run in [0, 1], received 1.5.')
  })
})
