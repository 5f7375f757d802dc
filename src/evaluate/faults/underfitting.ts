import { digits, type Fault, percent } from '../finding.js'
import { largerModel, learningRateOf, setLearningRate } from '../remedy-steps.js'
import { mean } from '../robust.js'
import { learnedShare } from '../run-facts.js'

/** Half way from guessing to perfect. */
const LOW = 0.5
const GAIN = 0.01
const EPOCHS = 8

/** Training accuracy has come to rest far below what the data allow: the network cannot hold more, or is held back. */
export const underfitting: Fault = {
  id: 'underfitting',
  title: 'Underfitting: even the training images are not learnt',
  explainedBy: [
    'not-a-number',
    'exploding-gradients',
    'vanishing-gradients',
    'dead-relus',
    'learning-rate-too-high',
    'learning-rate-too-low',
    'class-collapse',
  ],
  detect(history) {
    const epochs = history.epochs.filter(({ trainAccuracy }) => Number.isFinite(trainAccuracy))
    const last = epochs[epochs.length - 1]
    if (!last || epochs.length < EPOCHS) return undefined
    // Heavy augmentation (MixUp) keeps training accuracy low while validation is fine: the better of both counts.
    const best = Math.max(...epochs.map(e => Math.max(e.trainAccuracy, e.validationAccuracy ?? 0)))
    const span = Math.max(3, Math.floor(epochs.length / 3))
    const recent = mean(epochs.slice(-span).map(e => e.trainAccuracy))
    const before = mean(epochs.slice(-2 * span, -span).map(e => e.trainAccuracy))
    if (learnedShare(best, history) >= LOW || recent - before > GAIN) return undefined
    const rate = learningRateOf(history)
    return {
      severity: 'warning',
      evidence: `Training accuracy has come to rest at ${percent(recent)} (${percent(before)} over the ${span} epochs before), and validation never passed ${percent(best)}. The loss is ${digits(last.trainLoss)}.`,
      figures: { trainAccuracy: recent, before, best, trainLoss: last.trainLoss },
      remedy: [
        largerModel(history),
        'Weaken what holds it back: dropout (`model`), L2 (`kernelRegularizer`), `augmentation`.',
        `Try the learning rate three times higher and three times lower: ${setLearningRate(3 * rate)}, ${setLearningRate(rate / 3)}. A schedule may have lowered it too early.`,
      ],
    }
  },
}
