import { type Fault, percent } from '../finding.js'
import { divideLearningRate } from '../remedy-steps.js'
import { stepsDone } from '../run-facts.js'

/** A network that has hardly begun says one class for everything, and nothing is wrong with it. */
const MIN_STEPS = 100
/** One class for three quarters of all images, and for half of all images more than it deserves. */
const PREDICTED_SHARE = 0.75
const EXCESS = 0.5

export const classCollapse: Fault = {
  id: 'class-collapse',
  title: 'Class collapse: one answer for nearly everything',
  explainedBy: ['not-a-number', 'exploding-gradients', 'vanishing-gradients', 'dead-relus', 'learning-rate-too-low'],
  detect(history, evaluation) {
    if (!evaluation || evaluation.count < 50 || stepsDone(history) < MIN_STEPS) return undefined
    const { confusion, classNames, count } = evaluation
    const predicted = classNames.map((_, c) => confusion.reduce((sum, row) => sum + row[c]!, 0))
    const c = predicted.indexOf(Math.max(...predicted))
    const share = predicted[c]! / count
    const deserved = evaluation.perClass[c]!.support / count
    if (share < PREDICTED_SHARE || share - deserved < EXCESS) return undefined
    return {
      severity: 'problem',
      evidence: `${percent(share)} of the ${count} images are called ${classNames[c]}; ${percent(deserved)} are.`,
      figures: { predictedShare: share, trueShare: deserved, accuracy: evaluation.accuracy },
      remedy: [
        `${divideLearningRate(history, 10)}; a step that was too large often ends this way.`,
        'Check that labels and images are in the same order, and that every class is among the training images.',
        'Check that the images reach the network as in training: the same scale, mean and channel order.',
      ],
    }
  },
}
