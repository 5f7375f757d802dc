import { UsageError } from '../core/errors.js'
import type { Dataset } from '../data/image-set.js'
import type { Callback } from './callbacks/callback.js'
import type { Machine } from './compile.js'
import { openPlan } from './plan.js'
import type { Recipe } from './recipe.js'
import { openRecipeDataset } from './recipe-dataset.js'
import { runTraining } from './training.js'

export interface RangeRequest extends Machine {
  recipe: Recipe
  /** Learning rate of the first step and of the last. */
  from: number
  to: number
  steps: number
  dataDir?: string | undefined
  xdgCacheHome?: string | undefined
}

export interface RangePoint {
  learningRate: number
  loss: number
  /** Exponential mean of the losses so far. */
  smoothedLoss: number
}

/** What a range test found; a rate is null where the losses do not show it. */
export interface RangeResult {
  points: RangePoint[]
  /** Where the smoothed loss falls fastest, per factor in the rate: a rate to begin with. */
  steepest: number | null
  /** Where the smoothed loss first exceeds four times its least value, or is no number. */
  divergence: number | null
  /** A tenth of that: about the highest rate that is safe. */
  tenthOfDivergence: number | null
}

const SMOOTHING = 0.9
const DIVERGED = 4
/** Steps whose mean holds too few losses to say anything. */
const SETTLING = 5

/** Smoothed losses of a sweep and what they suggest. */
export function analyseRange(losses: readonly { learningRate: number; loss: number }[]): RangeResult {
  const points: RangePoint[] = []
  let mean = 0
  let least = Number.POSITIVE_INFINITY
  let divergence: number | null = null
  for (const [i, { learningRate, loss }] of losses.entries()) {
    mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
    const smoothedLoss = mean / (1 - SMOOTHING ** (i + 1))
    points.push({ learningRate, loss, smoothedLoss })
    // Not `>`: a NaN has diverged.
    if (i >= SETTLING && !(smoothedLoss <= DIVERGED * least)) {
      divergence = learningRate
      break
    }
    least = Math.min(least, smoothedLoss)
  }
  const tenthOfDivergence = divergence === null ? null : divergence / 10
  return { points, steepest: steepestOf(points), divergence, tenthOfDivergence }
}

/**
 * The middle of the stretch, a tenth of the sweep long, over which the smoothed loss falls most on its way to its least
 * value: what falls after that comes back from a leap.
 */
function steepestOf(points: readonly RangePoint[]): number | null {
  const reach = Math.max(1, Math.round(points.length / 20))
  let steepest: number | null = null
  let lowest = 0
  const least = points.reduce((best, { smoothedLoss }, i) => (smoothedLoss < points[best]!.smoothedLoss ? i : best), 0)
  for (let i = SETTLING + reach; i + reach <= least; i++) {
    const [before, after] = [points[i - reach]!, points[i + reach]!]
    const slope = (after.smoothedLoss - before.smoothedLoss) / Math.log(after.learningRate / before.learningRate)
    if (slope < lowest) {
      lowest = slope
      steepest = points[i]!.learningRate
    }
  }
  return steepest
}

/**
 * The learning-rate range test (Smith 2015, arXiv 1506.01186): a short training in which the rate grows from `from` to
 * `to` by the same factor every step, ended where the loss diverges. Nothing of it is kept.
 */
export async function findLearningRate(
  request: RangeRequest,
  { onNote, dataset }: { onNote?: (message: string) => void; dataset?: Dataset } = {},
): Promise<RangeResult> {
  const { recipe, from, to, steps, dataDir, xdgCacheHome, ...machine } = request
  if (!(from > 0 && to > from && Number.isFinite(to)))
    throw new UsageError({ where: 'lr-find', expected: 'rates 0 < from < to', received: `from ${from} to ${to}` })
  if (!Number.isInteger(steps) || steps < 20)
    throw new UsageError({ where: 'lr-find', expected: 'at least 20 steps', received: String(steps) })
  const onProgress = ({ message }: { message: string }): void => onNote?.(message)
  const images = dataset ?? (await openRecipeDataset(recipe, { dataDir, xdgCacheHome, onProgress }))
  const bare = { ...recipe, callbacks: [], progressiveResizing: [], averaging: null, pruning: undefined }
  const plan = await openPlan(bare, images)
  const losses: { learningRate: number; loss: number }[] = []
  const watch: Callback = {
    name: 'learning-rate-range',
    stepEnd({ learningRate, loss }, control) {
      losses.push({ learningRate, loss })
      if (analyseRange(losses).divergence !== null) control.stop('early-stopping', 'the loss diverged')
    },
  }
  const base = plan.optimizer.learningRate
  await runTraining(
    {
      ...plan,
      validation: undefined,
      callbacks: [watch],
      schedule: ({ step }) => (from / base) * (to / from) ** (step / (steps - 1)),
      epochs: Math.ceil(steps / Math.max(1, Math.floor(plan.training.count / plan.batchSize))),
    },
    {
      ...machine,
      maxSteps: steps,
      onEvent: () => undefined,
      onProgress: ({ step }) => onNote?.(`sweeping ${Math.floor((100 * step) / steps)} %`),
      files: { append: () => undefined, truncate: () => undefined },
      interrupted: () => false,
    },
  )
  return analyseRange(losses)
}
