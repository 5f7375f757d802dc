import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateProbabilities, type Predictions } from './evaluate-probabilities.js'
import type { EvaluationResult } from './result.js'
import { syntheticPredictions } from './testing/synthetic-predictions.js'

const small: Predictions = {
  probabilities: Float32Array.of(0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.5, 0.5),
  labels: Uint8Array.of(0, 1, 1, 1),
  classNames: ['cat', 'dog'],
  dataset: 'pets',
  split: 'validation',
}

/** What must hold in every result, whatever the network; returns the name of the law that is broken. */
function brokenLaw(result: EvaluationResult): string | undefined {
  const total = (values: number[]): number => values.reduce((a, b) => a + b, 0)
  const { confusion, perClass, count, accuracy, accuracyInterval, reliability } = result
  if (!confusion.every((row, c) => total(row) === perClass[c]!.support)) return 'row sums'
  if (total(confusion.map((row, c) => row[c]!)) / count !== accuracy) return 'trace'
  if (!(accuracyInterval[0] <= accuracy && accuracy <= accuracyInterval[1])) return 'interval'
  if (result.top5 < accuracy) return 'top 5'
  if (total(reliability.map(bin => bin.count)) !== count) return 'reliability'
  const wrong = count - total(confusion.map((row, c) => row[c]!))
  if (result.worstMistakes.length !== Math.min(50, wrong)) return 'mistakes'
  if (result.worstMistakes.some(({ label, predicted }) => label === predicted)) return 'mistakes'
  return undefined
}

describe('evaluateProbabilities', () => {
  it('says what a hand computes', () => {
    const result = evaluateProbabilities(small)
    expect(result).toMatchObject({
      dataset: 'pets',
      split: 'validation',
      count: 4,
      accuracy: 0.5,
      top5: 1,
      confusion: [
        [1, 0],
        [2, 1],
      ],
      mostConfused: [{ classes: ['cat', 'dog'], count: 2 }],
      meanConfidence: 0.6875,
      testTimeAugmentation: 'none',
    })
    expect(result.loss).toBeCloseTo((2 * Math.log(4 / 3) + Math.log(4) + Math.log(2)) / 4, 6)
    expect(result.worstMistakes.map(({ index }) => index)).toEqual([2, 3])
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })

  it('keeps its laws for any distribution', () => {
    const rows = fc.array(
      fc.tuple(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 6, maxLength: 6 }), fc.nat(5)),
      {
        minLength: 1,
        maxLength: 80,
      },
    )
    fc.assert(
      fc.property(rows, drawn => {
        const sums = drawn.map(([weights]) => weights.reduce((a, b) => a + b, 0))
        const probabilities = Float32Array.from(drawn.flatMap(([weights], i) => weights.map(w => w / sums[i]!)))
        const labels = drawn.map(([, label]) => label)
        const classNames = ['a', 'b', 'c', 'd', 'e', 'f']
        const result = evaluateProbabilities({ probabilities, labels, classNames, dataset: 'any', split: 'test' })
        expect(brokenLaw(result)).toBeUndefined()
      }),
    )
  })

  it.each<[string, (result: EvaluationResult) => void]>([
    ['row sums', result => void result.confusion[0]![1]!++],
    ['trace', result => void (result.accuracy += 0.01)],
    ['interval', result => void (result.accuracyInterval = [0, result.accuracy - 0.001])],
    ['top 5', result => void (result.top5 = 0)],
    ['reliability', result => void result.reliability[3]!.count++],
    ['mistakes', result => void result.worstMistakes.pop()],
  ])('has laws that catch a planted error: %s', (law, plant) => {
    const result = evaluateProbabilities(syntheticPredictions({ perClass: 100 }))
    expect(brokenLaw(result)).toBeUndefined()
    plant(result)
    expect(brokenLaw(result)).toBe(law)
  })

  it('finds a synthetic calibrated classifier calibrated and an over-confident one not', () => {
    expect(evaluateProbabilities(syntheticPredictions()).calibrationError).toBeLessThan(0.02)
    expect(evaluateProbabilities(syntheticPredictions({ sureness: 0.1 })).calibrationError).toBeGreaterThan(0.1)
  })

  it.each<[string, Partial<Predictions>, string]>([
    [
      'no image',
      { labels: [], probabilities: new Float32Array(0) },
      'expected at least one image and two classes, received 0 images',
    ],
    ['a missing row', { probabilities: new Float32Array(6) }, 'expected 4 x 2 = 8 probabilities, received 6'],
    ['a foreign label', { labels: [0, 1, 2, 0] }, 'label of image 2: expected an integer in [0, 1], received 2'],
    [
      'logits',
      { probabilities: Float32Array.of(0.5, 0.5, 9, -3, 1, 0, 1, 0) },
      'probabilities of image 1: expected non-negative numbers that sum to 1',
    ],
    ['NaN', { probabilities: Float32Array.of(Number.NaN, 0.5, 1, 0, 1, 0, 1, 0) }, 'probabilities of image 0'],
  ])('refuses %s', (_what, change, message) => {
    expect(() => evaluateProbabilities({ ...small, ...change })).toThrow(message)
  })
})
