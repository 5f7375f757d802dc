import { digits, type Fault, percent } from '../finding.js'
import type { History } from '../history.js'
import { doubleBatch, learningRateOf, lowerOnPlateau, setLearningRate } from '../remedy-steps.js'
import { median, robustDeviation, runningMedian } from '../robust.js'
import { batchSizeOf, chanceLoss } from '../run-facts.js'

/** Reach of the running median, in logged steps. */
const REACH = 10
/**
 * Losses of single images scatter by about max(1, level) nats, so a batch of B scatters by max(1, level) / sqrt(B)
 * though all is well. Oscillation must be 3.5 times that, and a fifth of the level.
 */
const TIMES_SAMPLING = 3.5
const SHARE_OF_LEVEL = 0.2
/** Where the loss is small, single hard images dominate a batch and relative scatter means nothing. */
const LEVEL_THAT_MATTERS = 0.2
const DIVERGED = 1.5

type Sign = { evidence: string; figures: Record<string, number> }

/** Scatter of the step losses about their trend, in the second half of the run. */
function oscillatesByStep(history: History): Sign | undefined {
  const finite = history.steps.filter(({ loss }) => Number.isFinite(loss))
  const half = finite.slice(Math.floor(finite.length / 2))
  if (half.length < 30) return undefined
  const losses = half.map(({ loss }) => loss)
  const trend = runningMedian(losses, REACH)
  const level = median(trend)
  const scatter = robustDeviation(losses.map((loss, i) => loss - trend[i]!))
  const batchSize = batchSizeOf(history)
  const natural = Math.max(1, level) / Math.sqrt(batchSize)
  if (level < LEVEL_THAT_MATTERS * chanceLoss(history)) return undefined
  if (!(scatter > TIMES_SAMPLING * natural && scatter > SHARE_OF_LEVEL * level)) return undefined
  return {
    evidence: `In the second half of the run the training loss of single steps scatters by ${digits(scatter)} about its trend of ${digits(level)}; batches of ${Math.round(batchSize)} explain about ${digits(natural)}.`,
    figures: { scatter, level, natural, batchSize },
  }
}

/** Mean losses of whole epochs average the batches away: they rise only when training itself goes back. */
function oscillatesByEpoch(history: History): Sign | undefined {
  const epochs = history.epochs.filter(({ trainLoss }) => Number.isFinite(trainLoss))
  const level = LEVEL_THAT_MATTERS * chanceLoss(history)
  const rises = epochs.filter((epoch, i) => {
    const before = epochs[i - 1]
    if (!before || epoch.learningRate > 1.01 * before.learningRate) return false
    return epoch.trainLoss > 1.1 * before.trainLoss && epoch.trainLoss > level
  })
  if (rises.length < 3 || rises.length < 0.25 * (epochs.length - 1)) return undefined
  return {
    evidence: `The mean training loss rose by more than 10 % in ${rises.length} of ${epochs.length - 1} epochs (${rises
      .slice(0, 4)
      .map(({ epoch }) => epoch)
      .join(', ')}${rises.length > 4 ? ' ...' : ''}) though the learning rate was not raised.`,
    figures: { rises: rises.length, epochs: epochs.length },
  }
}

/** The loss had been far lower and did not come back. */
function diverges(history: History): Sign | undefined {
  const losses = history.steps.map(({ loss }) => loss).filter(Number.isFinite)
  if (losses.length < 4 * REACH) return undefined
  const trend = runningMedian(losses, REACH)
  const ending = median(losses.slice(-2 * REACH))
  const lowest = Math.min(...trend.slice(0, -2 * REACH))
  if (!(ending > DIVERGED * lowest && ending > chanceLoss(history) / 2)) return undefined
  return {
    evidence: `The training loss had come down to ${digits(lowest)} and ended at ${digits(ending)}, ${percent(ending / lowest - 1)} higher.`,
    figures: { lowest, ending },
  }
}

export const learningRateTooHigh: Fault = {
  id: 'learning-rate-too-high',
  title: 'The learning rate is too high',
  explainedBy: ['exploding-gradients'],
  detect(history) {
    const divergence = diverges(history)
    const sign = divergence ?? oscillatesByStep(history) ?? oscillatesByEpoch(history)
    if (!sign) return undefined
    const learningRate = learningRateOf(history)
    return {
      severity: divergence ? 'problem' : 'warning',
      evidence: `${sign.evidence} The learning rate was ${digits(learningRate)}.`,
      figures: { ...sign.figures, learningRate },
      remedy: [
        `Lower it: ${setLearningRate(learningRate / 3)}, or ${setLearningRate(learningRate / 10)} if the loss still oscillates.`,
        lowerOnPlateau(),
        doubleBatch(history),
      ],
    }
  },
}
