import { UsageError } from '../core/errors.js'
import type { Progress } from './schedules.js'

/**
 * A second set of weights that follows the trained one and is the one that is evaluated and kept:
 * average = keep · average + take · weights, once a step, inside the graph.
 */
export interface Averaging {
  readonly name: string
  /** Whether, after this step, running statistics must be measured again for the averaged weights before their use. */
  remeasures(progress: Progress): boolean
  /** Of a step, from its place in the run alone; before the average begins it is the weights themselves (0 and 1). */
  factors(progress: Progress): { keep: number; take: number }
}

/**
 * Exponential moving average (Polyak & Juditsky 1992; as in Inception v2 and EfficientNet). With `warmUp` the decay of
 * step t is min(decay, (1 + t) / (10 + t)), TensorFlow's rule: the first weights are soon forgotten. Running statistics
 * are averaged like weights.
 */
export function ema({ decay = 0.999, warmUp = true }: { decay?: number; warmUp?: boolean } = {}): Averaging {
  if (!(decay >= 0 && decay < 1))
    throw new UsageError({ where: 'ema', expected: 'a decay in [0, 1)', received: String(decay) })
  return {
    name: 'ema',
    remeasures: () => false,
    factors({ step }) {
      const t = step + 1
      const keep = warmUp ? Math.min(decay, (1 + t) / (10 + t)) : decay
      return { keep, take: 1 - keep }
    },
  }
}

/**
 * Stochastic weight averaging (Izmailov et al. 2018, arXiv 1803.05407): from the share `from` of the run on, the mean
 * of the weights at the end of each epoch. Meant for a learning rate that stays up in that part. Running statistics of
 * one network say nothing about a mean of several: they are measured again over training images.
 */
export function swa({ from = 0.75 }: { from?: number } = {}): Averaging {
  if (!(from >= 0 && from <= 1))
    throw new UsageError({ where: 'swa', expected: 'a share of the run in [0, 1]', received: String(from) })
  /** Networks in the mean after a step; 0: none yet. */
  const countOf = ({ step, totalSteps, stepsPerEpoch }: Progress): number => {
    const firstEpoch = Math.max(1, Math.ceil((from * totalSteps) / stepsPerEpoch))
    return Math.max(0, Math.floor((step + 1) / stepsPerEpoch) - firstEpoch + 1)
  }
  return {
    name: 'swa',
    remeasures: progress => countOf(progress) > 0,
    factors(progress) {
      const count = countOf(progress)
      if (count === 0) return { keep: 0, take: 1 }
      const endsEpoch = (progress.step + 1) % progress.stepsPerEpoch === 0
      return endsEpoch ? { keep: (count - 1) / count, take: 1 / count } : { keep: 1, take: 0 }
    },
  }
}
