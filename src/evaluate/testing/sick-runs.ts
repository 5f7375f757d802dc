/** For each fault a run that has it and, as far as its cause allows, nothing else. */

import type { History } from '../history.js'
import { parseHistory } from '../history.js'
import { type EvaluationResult, evaluateProbabilities } from '../index.js'
import { baselineRun } from './healthy-runs.js'
import { cifarRecalls, syntheticPredictions } from './synthetic-predictions.js'
import { linesOf, type SyntheticRun, syntheticEvents, syntheticHistory } from './synthetic-run.js'

export interface SickRun {
  history: History
  evaluation?: EvaluationResult
}

const curves = (run: Partial<SyntheticRun>): SickRun => ({ history: syntheticHistory({ ...baselineRun(3), ...run }) })
const healthyHistory = (): History => syntheticHistory(baselineRun(3))
const still = (value: number) => (): number => value

/** A loss that turns into NaN in the middle of epoch 4, as JSON records it. */
function brokenOff(): SickRun {
  const whole = syntheticEvents({ ...baselineRun(3), epochs: 4 })
  const broken = whole.flatMap(event => {
    if (event.type === 'step' && event.step > 2500) return [{ ...event, loss: Number.NaN }]
    if (event.type === 'epoch' && event.epoch === 4) return []
    return [event.type === 'end' ? { ...event, reason: 'not-a-number' as const } : event]
  })
  return { history: parseHistory(linesOf(broken)) }
}

function collapsedEvaluation(): EvaluationResult {
  const predictions = syntheticPredictions({ perClass: 100 })
  const classCount = predictions.classNames.length
  for (let i = 0; i < predictions.labels.length; i++)
    if (i % 12 !== 0)
      for (let c = 0; c < classCount; c++) predictions.probabilities[i * classCount + c] = c === 6 ? 0.55 : 0.05
  return evaluateProbabilities(predictions)
}

export const sickRuns: Record<string, () => SickRun> = {
  'not-a-number': brokenOff,
  'exploding-gradients': () =>
    curves({ epochs: 10, gradientNorm: (_name, _place, p) => (p > 6 && Math.floor(p * 35) % 9 === 0 ? 900 : 0.5) }),
  'vanishing-gradients': () =>
    curves({
      epochs: 12,
      trainLoss: still(2.3),
      trainAccuracy: still(0.102),
      validationLoss: still(2.3),
      validationAccuracy: still(0.1),
      stepLoss: (mean, random) => mean + 0.01 * random.normal(),
      gradientNorm: (_name, place) => 1e-9 * 20 ** place,
    }),
  'dead-relus': () =>
    curves({
      activations: () => [
        { layer: 'conv2d', mean: 0.3, standardDeviation: 0.5, zeroFraction: 0.52 },
        { layer: 'dense', mean: 0, standardDeviation: 0, zeroFraction: 1 },
      ],
    }),
  'learning-rate-too-high': () =>
    curves({
      learningRate: still(0.05),
      trainLoss: p => 1.6 + 0.6 * Math.exp(-p / 3),
      trainAccuracy: p => 0.6 - 0.3 * Math.exp(-p / 3),
      validationLoss: still(1.6),
      validationAccuracy: still(0.58),
      stepLoss: (mean, random) => mean * Math.exp(0.5 * random.normal()),
    }),
  'learning-rate-too-low': () =>
    curves({
      epochs: 12,
      learningRate: still(1e-6),
      trainLoss: p => 2.3 - 0.03 * p,
      trainAccuracy: p => 0.11 + 0.012 * p,
      validationLoss: e => 2.3 - 0.03 * e,
      validationAccuracy: e => 0.11 + 0.012 * e,
      stepLoss: (mean, random) => mean + 0.05 * random.normal(),
    }),
  'class-collapse': () => ({ history: healthyHistory(), evaluation: collapsedEvaluation() }),
  underfitting: () =>
    curves({
      trainLoss: p => 1.55 + 0.6 * Math.exp(-p / 2),
      trainAccuracy: p => 0.44 - 0.2 * Math.exp(-p / 2),
      validationLoss: e => 1.52 + 0.5 * Math.exp(-e / 2),
      validationAccuracy: e => 0.45 - 0.2 * Math.exp(-e / 2),
    }),
  overfitting: () =>
    curves({
      trainLoss: p => 0.03 + 1.9 * Math.exp(-p / 4.5),
      trainAccuracy: p => 0.99 - 0.62 * Math.exp(-p / 4.5),
      validationLoss: e => 0.85 + 0.8 * Math.exp(-e / 2) + 0.025 * e,
      validationAccuracy: e => 0.755 - 0.3 * Math.exp(-e / 3),
    }),
  'test-set-as-validation': () => curves({ start: { data: { validationIsTest: true, validationCount: 10_000 } } }),
  'validation-loss-jump': () =>
    curves({
      validationLoss: e => (e < 18 ? 0.535 + 0.7 * Math.exp(-e / 3.5) : 1.5),
      validationAccuracy: e => (e < 18 ? 0.82 - 0.27 * Math.exp(-e / 3.5) : 0.61),
    }),
  'validation-above-training': () =>
    curves({
      trainAccuracy: p => 0.8 - 0.4 * Math.exp(-p / 4),
      validationAccuracy: e => 0.93 - 0.3 * Math.exp(-e / 4),
      validationLoss: e => 0.22 + 0.7 * Math.exp(-e / 3.5),
      start: {
        recipe: { model: { type: 'cifar-cnn', dropout: [0, 0, 0] }, augmentation: [], testTimeAugmentation: 'mirror' },
      },
    }),
  'weak-classes': () => ({
    history: healthyHistory(),
    evaluation: evaluateProbabilities(
      syntheticPredictions({ recalls: cifarRecalls.map((r, c) => (c === 3 ? 0.4 : r)) }),
    ),
  }),
  miscalibration: () => ({
    history: healthyHistory(),
    evaluation: evaluateProbabilities(syntheticPredictions({ sureness: 0.1 })),
  }),
  'slow-training': () =>
    curves({
      epochs: 5,
      imagesPerSecond: 6,
      start: {
        model: { name: 'resnet50', parameters: 25_600_000, multiplyAdds: 4_100_000_000 },
        machine: { cores: 8, threads: 4 },
      },
    }),
}
