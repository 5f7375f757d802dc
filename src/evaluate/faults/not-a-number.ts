import { digits, type Fault } from '../finding.js'
import { clipGradient, divideLearningRate } from '../remedy-steps.js'

/** The loss stopped being a number: every weight is lost from that step on. */
export const notANumber: Fault = {
  id: 'not-a-number',
  title: 'The loss stopped being a number',
  explainedBy: [],
  detect(history) {
    const step = history.steps.find(({ loss }) => !Number.isFinite(loss))
    const epoch = history.epochs.find(({ trainLoss }) => !Number.isFinite(trainLoss))
    if (!step && !epoch && history.end?.reason !== 'not-a-number') return undefined
    const at = step?.step ?? epoch?.step ?? history.end!.step
    const before = history.steps.filter(record => record.step < at && Number.isFinite(record.loss))
    const last = before[before.length - 1]
    return {
      severity: 'problem',
      evidence: last
        ? `At step ${at} the training loss is no longer a number; at step ${last.step} it was ${digits(last.loss)} with a learning rate of ${digits(last.learningRate)}.`
        : `At step ${at} the training loss is no longer a number.`,
      figures: { step: at, ...(last ? { lastLoss: last.loss, learningRate: last.learningRate } : {}) },
      remedy: [
        `${divideLearningRate(history, 10)}, and train again.`,
        clipGradient(),
        'Check the images for broken files, and the pre-processing for a division by a standard deviation of 0.',
      ],
    }
  },
}
