import { describe, expect, it } from 'vitest'
import { analyseRange, findLearningRate } from './learning-rate-range.js'
import { recipeNamed } from './recipes/index.js'
import { colouredImages } from './testing/coloured-images.js'

const STEPS = 200
const rateAt = (i: number): number => 1e-6 * 10 ** ((7 * i) / (STEPS - 1))
/** Flat at 2.3, falls by 2 about `fallsAt`, and rises without bound about `risesAt`. */
const sweep = (fallsAt: number, risesAt: number) =>
  Array.from({ length: STEPS }, (_, i) => {
    const learningRate = rateAt(i)
    const fall = 2 / (1 + (fallsAt / learningRate) ** 3)
    return { learningRate, loss: 2.3 - fall + (learningRate / risesAt) ** 3 }
  })
/** Distance in powers of ten. */
const decades = (a: number, b: number): number => Math.abs(Math.log10(a / b))

describe('a range test', () => {
  it('finds where the loss falls fastest and where it diverges', () => {
    const { steepest, divergence, tenthOfDivergence, points } = analyseRange(sweep(1e-3, 1))
    // The smoothed loss lags some ten steps, a third of a decade, behind.
    expect(decades(steepest!, 1e-3)).toBeLessThan(0.4)
    expect(decades(divergence!, 1)).toBeLessThan(0.4)
    expect(tenthOfDivergence).toBe(divergence! / 10)
    expect(points.length).toBeLessThan(STEPS)
    // Planted: a fall at another rate is told apart.
    expect(decades(analyseRange(sweep(1e-4, 1)).steepest!, 1e-3)).toBeGreaterThan(0.5)
  })

  it('takes no fall after a leap for a descent', () => {
    const losses = sweep(1e-4, 1e9).map((point, i) => ({ ...point, loss: point.loss + (i === 150 ? 8 : 0) }))
    expect(decades(analyseRange(losses).steepest!, 1e-4)).toBeLessThan(0.5)
  })

  it('says nothing where there is nothing to see', () => {
    const flat = Array.from({ length: STEPS }, (_, i) => ({ learningRate: rateAt(i), loss: 2.3 + i / 1e4 }))
    expect(analyseRange(flat)).toMatchObject({ steepest: null, divergence: null, tenthOfDivergence: null })
  })

  it('ends at a loss that is no number', () => {
    const losses = sweep(1e-3, 1e9).map((point, i) => (i < 120 ? point : { ...point, loss: Number.NaN }))
    expect(analyseRange(losses)).toMatchObject({ divergence: rateAt(120) })
  })

  const dataset = { name: 'coloured', classNames: ['red', 'green', 'blue'], train: colouredImages(60) }
  const recipe = {
    ...recipeNamed('baseline'),
    batchSize: 10,
    optimizer: { type: 'sgd' as const, learningRate: 0.3, momentum: 0, nesterov: false, weightDecay: 0 },
    validation: { from: 'split' as const, count: 10 },
  }
  const request = { recipe, from: 1e-4, to: 1e4, steps: 40, device: 'cpu' as const, threads: 1 }

  it('sweeps from the first rate by equal factors and ends early where training diverges', async () => {
    const { points, divergence } = await findLearningRate(request, { dataset })
    expect(points[0]!.learningRate).toBeCloseTo(1e-4, 12)
    expect(points[1]!.learningRate / points[0]!.learningRate).toBeCloseTo(10 ** (8 / 39), 9)
    expect(divergence).toBeGreaterThan(0.1)
    expect(points.length).toBeLessThan(40)
  })

  it('refuses a sweep that goes nowhere', async () => {
    await expect(findLearningRate({ ...request, from: 1, to: 1 }, { dataset })).rejects.toThrow(
      'lr-find: expected rates 0 < from < to, received from 1 to 1.',
    )
    await expect(findLearningRate({ ...request, steps: 3 }, { dataset })).rejects.toThrow('at least 20 steps')
  })
})
