import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectedCalibrationError, reliabilityBins } from './calibration.js'
import { classMetrics } from './class-metrics.js'
import { confusionMatrix, mostConfusedPairs, rightAnswers } from './confusion-matrix.js'
import { crossEntropy, lossOf } from './cross-entropy.js'
import { wilsonInterval } from './intervals.js'
import { confidentMistakes, mistakesOf, worstMistakes } from './mistakes.js'
import { predictedClasses, topK } from './ranking.js'

const labels = [0, 0, 0, 1, 1, 2]
const predicted = [0, 0, 1, 1, 2, 2]
const confusion = [
  [2, 1, 0],
  [0, 1, 1],
  [0, 0, 1],
]

describe('confusion', () => {
  it('counts by hand', () => {
    expect(confusionMatrix(labels, predicted, 3)).toEqual(confusion)
    expect(rightAnswers(confusion)).toBe(4)
  })

  const answers = fc.integer({ min: 2, max: 7 }).chain(classCount =>
    fc.record({
      classCount: fc.constant(classCount),
      pairs: fc.array(fc.tuple(fc.nat(classCount - 1), fc.nat(classCount - 1)), { minLength: 1, maxLength: 200 }),
    }),
  )
  const supportLaw = (matrix: number[][], truth: number[]): boolean =>
    matrix.every((row, c) => row.reduce((a, b) => a + b, 0) === truth.filter(label => label === c).length)

  it('has rows that sum to the support and a trace that is the accuracy', () => {
    fc.assert(
      fc.property(answers, ({ classCount, pairs }) => {
        const truth = pairs.map(([t]) => t)
        const matrix = confusionMatrix(
          truth,
          pairs.map(([, p]) => p),
          classCount,
        )
        expect(supportLaw(matrix, truth)).toBe(true)
        expect(rightAnswers(matrix)).toBe(pairs.filter(([t, p]) => t === p).length)
      }),
    )
  })

  it('would be caught with true and predicted exchanged', () => {
    expect(supportLaw(confusionMatrix(predicted, labels, 3), labels)).toBe(false)
  })

  it('ranks unordered pairs, most first, equal ones in the order of the classes, never-confused ones left out', () => {
    const matrix = [
      [5, 1, 0, 2],
      [1, 5, 2, 0],
      [0, 1, 5, 0],
      [0, 0, 0, 5],
    ]
    expect(mostConfusedPairs(matrix, ['a', 'b', 'c', 'd'])).toEqual([
      { classes: ['b', 'c'], count: 3 },
      { classes: ['a', 'b'], count: 2 },
      { classes: ['a', 'd'], count: 2 },
    ])
    expect(mostConfusedPairs(matrix, ['a', 'b', 'c', 'd'], 1)).toHaveLength(1)
  })
})

describe('class metrics', () => {
  it('are those computed by hand', () => {
    const [a, b, c] = classMetrics(confusion, ['a', 'b', 'c'])
    expect(a).toEqual({ name: 'a', precision: 1, recall: 2 / 3, f1: 0.8, support: 3 })
    expect(b).toEqual({ name: 'b', precision: 0.5, recall: 0.5, f1: 0.5, support: 2 })
    expect(c).toMatchObject({ precision: 0.5, recall: 1, support: 1 })
    expect(c!.f1).toBeCloseTo(2 / 3, 12)
  })

  it('are 0, not NaN, for a class that has no images or is never predicted', () => {
    expect(
      classMetrics(
        [
          [0, 0],
          [3, 0],
        ],
        ['absent', 'missed'],
      ),
    ).toEqual([
      { name: 'absent', precision: 0, recall: 0, f1: 0, support: 0 },
      { name: 'missed', precision: 0, recall: 0, f1: 0, support: 3 },
    ])
  })
})

describe('ranking', () => {
  const probabilities = Float32Array.of(0.5, 0.25, 0.25, 0.25, 0.25, 0.5)
  it('takes the most probable class, the first of equals', () => {
    expect([...predictedClasses(probabilities, 3)]).toEqual([0, 2])
    expect([...predictedClasses(Float32Array.of(0.5, 0.5), 2)]).toEqual([0])
  })

  it('counts the true class among the k best, ties falling to the lower class', () => {
    expect(topK(probabilities, [1, 1], 3, 1)).toBe(0)
    expect(topK(probabilities, [1, 1], 3, 2)).toBe(0.5)
    expect(topK(probabilities, [2, 0], 3, 2)).toBe(0.5)
    expect(topK(probabilities, [2, 1], 3, 3)).toBe(1)
    expect(topK(probabilities, [2, 1], 3, 5)).toBe(1)
  })

  it('agrees with the predicted classes at k = 1 and never falls as k grows', () => {
    const rows = fc.array(fc.array(fc.nat(6), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(rows, fc.array(fc.nat(3), { minLength: 30, maxLength: 30 }), (weights, truth) => {
        const flat = Float32Array.from(weights.flat())
        const own = truth.slice(0, weights.length)
        const right = [...predictedClasses(flat, 4)].filter((c, i) => c === own[i]).length
        expect(topK(flat, own, 4, 1)).toBe(right / own.length)
        for (let k = 1; k < 4; k++) expect(topK(flat, own, 4, k + 1)).toBeGreaterThanOrEqual(topK(flat, own, 4, k))
      }),
    )
  })
})

describe('cross-entropy', () => {
  it('is the mean of -log p in nats', () => {
    expect(crossEntropy(Float32Array.of(0.5, 0.5, 0.25, 0.75), [0, 0], 2)).toBeCloseTo(
      (Math.log(2) + Math.log(4)) / 2,
      6,
    )
  })
  it('is clamped, so that a probability of 0 is not infinity and one of 1 is 0', () => {
    expect(lossOf(0)).toBeCloseTo(16.118, 3)
    expect(lossOf(1)).toBeCloseTo(0, 12)
    expect(lossOf(1.0001)).toBeCloseTo(0, 12)
  })
})

describe('Wilson interval', () => {
  it('agrees with published values', () => {
    // Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17 (1998), table I, method 3.
    const close = (interval: number[], expected: number[]) =>
      interval.forEach((bound, i) => {
        expect(bound).toBeCloseTo(expected[i]!, 4)
      })
    close(wilsonInterval(81, 263), [0.2553, 0.3662])
    close(wilsonInterval(15, 148), [0.0624, 0.1605])
    close(wilsonInterval(0, 20), [0, 0.1611])
    close(wilsonInterval(1, 29), [0.0061, 0.1718])
  })

  it('contains the share, lies within [0, 1] and narrows with the count', () => {
    const cases = fc.integer({ min: 1, max: 100_000 }).chain(n => fc.tuple(fc.nat(n), fc.constant(n)))
    fc.assert(
      fc.property(cases, ([k, n]) => {
        const [low, high] = wilsonInterval(k, n)
        const [lowTen, highTen] = wilsonInterval(10 * k, 10 * n)
        expect(low >= 0 && low <= k / n && high >= k / n && high <= 1).toBe(true)
        expect(highTen - lowTen).toBeLessThan(high - low)
      }),
    )
  })

  it('refuses what is not a share', () => {
    expect(() => wilsonInterval(3, 2)).toThrow('expected a positive count and 0 <= successes <= count, received 3 of 2')
    expect(() => wilsonInterval(0, 0)).toThrow('received 0 of 0')
  })
})

describe('calibration', () => {
  it('bins (lower, upper] and computes the error by hand', () => {
    // Two bins: (0, .5] holds .4 (wrong) and .5 (right); (.5, 1] holds .8 (right) and 1 (right).
    const bins = reliabilityBins([0.4, 0.5, 0.8, 1], [false, true, true, true], 2)
    expect(bins.map(({ count }) => count)).toEqual([2, 2])
    expect(bins[0]).toEqual({ lower: 0, upper: 0.5, count: 2, confidence: 0.45, accuracy: 0.5 })
    expect(expectedCalibrationError(bins)).toBeCloseTo(0.5 * 0.05 + 0.5 * 0.1, 12)
  })

  it('keeps every prediction, has an error in [0, 1], and 0 for a perfect oracle', () => {
    const sample = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), { minLength: 1 })
    fc.assert(
      fc.property(sample, pairs => {
        const bins = reliabilityBins(
          pairs.map(([c]) => c),
          pairs.map(([, r]) => r),
        )
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(pairs.length)
        const error = expectedCalibrationError(bins)
        expect(error >= 0 && error <= 1).toBe(true)
      }),
    )
    expect(expectedCalibrationError(reliabilityBins([1, 1], [true, true]))).toBe(0)
    expect(expectedCalibrationError(reliabilityBins([1, 1], [false, false]))).toBe(1)
  })
})

describe('mistakes', () => {
  const probabilities = Float32Array.of(0.75, 0.25, 0.25, 0.75, 0.125, 0.875, 0.75, 0.25)
  const truth = [1, 1, 0, 1]
  const mistakes = mistakesOf(probabilities, truth, predictedClasses(probabilities, 2), 2)

  it('are the wrong answers with what was believed of them', () => {
    expect(mistakes.map(({ index }) => index)).toEqual([0, 2, 3])
    expect(mistakes[1]).toEqual({
      index: 2,
      label: 0,
      predicted: 1,
      confidence: 0.875,
      labelProbability: 0.125,
      loss: Math.log(8),
    })
  })

  it('are ranked by loss and by confidence, ties in the order of the images, without touching the list', () => {
    const before = structuredClone(mistakes)
    expect(worstMistakes([...mistakes].reverse()).map(({ index }) => index)).toEqual([2, 0, 3])
    expect(confidentMistakes([...mistakes].reverse()).map(({ index }) => index)).toEqual([2, 0, 3])
    expect(worstMistakes(mistakes, 1)).toHaveLength(1)
    expect(mistakes).toEqual(before)
  })
})
