import { digits, type Fault, percent } from '../finding.js'
import { parameterMovement } from '../gradient-flow.js'
import { flag, setLearningRate } from '../remedy-steps.js'
import { chanceLoss, learnedShare } from '../run-facts.js'

/** Half way from guessing to perfect: below it a network has far to go. */
const LOW = 0.5
/** Enough steps for any sensible learning rate to have shown something. */
const STEPS = 500
/** A loss that falls in its second half at least this share of what it fell in its first has not bent yet. */
const UNBENT = 0.35
/** Norms that moved less than this since the first logged step have not moved. */
const UNMOVED = 1e-4

export const learningRateTooLow: Fault = {
  id: 'learning-rate-too-low',
  title: 'The learning rate is too low',
  explainedBy: ['not-a-number', 'exploding-gradients', 'vanishing-gradients', 'dead-relus', 'learning-rate-too-high'],
  detect(history) {
    const epochs = history.epochs.filter(({ trainLoss }) => Number.isFinite(trainLoss))
    const first = epochs[0]
    const middle = epochs[Math.floor((epochs.length - 1) / 2)]
    const last = epochs[epochs.length - 1]
    if (!first || !middle || !last || epochs.length < 5 || last.step < STEPS) return undefined
    const best = Math.max(...epochs.map(e => Math.max(e.trainAccuracy, e.validationAccuracy ?? 0)))
    const rates = epochs.map(e => e.learningRate)
    const lowered = last.learningRate < 0.5 * Math.max(...rates)
    if (lowered || learnedShare(best, history) >= LOW || last.trainLoss < chanceLoss(history) / 2) return undefined
    const early = first.trainLoss - middle.trainLoss
    const late = middle.trainLoss - last.trainLoss
    const falls = epochs.slice(1).filter((e, i) => e.trainLoss < epochs[i]!.trainLoss).length
    const unbent = early > 0.005 * first.trainLoss && late > UNBENT * early && falls >= 0.9 * (epochs.length - 1)
    const movement = parameterMovement(history)
    const unmoved = movement < UNMOVED && early + late < 0.05 * first.trainLoss
    if (!unbent && !unmoved) return undefined
    const learningRate = last.learningRate
    return {
      severity: 'warning',
      evidence: unmoved
        ? `Over ${last.step} steps no parameter's norm changed by more than ${digits(movement)} of itself, and the training loss stayed near ${digits(last.trainLoss)}. The learning rate was ${digits(learningRate)}.`
        : `After ${last.epoch} epochs training accuracy is only ${percent(last.trainAccuracy)} and the loss is still falling without a bend: by ${digits(early)} over the first half of the epochs, by ${digits(late)} over the second. The learning rate was ${digits(learningRate)}.`,
      figures: { learningRate, trainAccuracy: last.trainAccuracy, early, late, epochs: last.epoch },
      remedy: [
        `Raise it: ${setLearningRate(learningRate * 10)}, or ${setLearningRate(learningRate * 3)} if the loss then oscillates.`,
        `Or train longer: ${flag('epochs', last.epoch * 3)}.`,
      ],
    }
  },
}
