import { type Fault, percent } from '../finding.js'
import { hardensTraining } from '../regularization-signs.js'
import { flag } from '../remedy-steps.js'
import { mean } from '../robust.js'
import { validatedEpochs } from '../run-facts.js'

/**
 * Dropout, augmentation and the epoch's mean over a network that still learns all put validation above training, and
 * that is healthy. Without the first two and late in a run, five points have no honest explanation but chance, which
 * four standard errors exclude.
 */
const POINTS = 0.05
const STANDARD_ERRORS = 4

export const validationAboveTraining: Fault = {
  id: 'validation-above-training',
  title: 'Data leak suspected: validation accuracy is above training accuracy',
  explainedBy: ['test-set-as-validation', 'not-a-number'],
  detect(history) {
    const epochs = validatedEpochs(history)
    if (epochs.length < 6 || hardensTraining(history.start.recipe) !== 'no') return undefined
    const late = epochs.slice(-Math.max(3, Math.floor(epochs.length / 3)))
    const count = Math.max(1, history.start.data.validationCount)
    const above = late.every(({ trainAccuracy: t, validationAccuracy: v }) => {
      return v - t > POINTS && v - t > STANDARD_ERRORS * Math.sqrt((v * (1 - v)) / count)
    })
    if (!above) return undefined
    const train = mean(late.map(e => e.trainAccuracy))
    const validation = mean(late.map(e => e.validationAccuracy))
    return {
      severity: 'warning',
      evidence: `Over the last ${late.length} epochs validation accuracy is ${percent(validation)} and training accuracy ${percent(train)}, though the recipe uses neither dropout nor augmentation.`,
      figures: { trainAccuracy: train, validationAccuracy: validation, validationCount: count },
      remedy: [
        'Look for validation images, or near-duplicates of them, among the training images.',
        'Check that validation images are not an easier kind: the same classes in the same shares, from the same source.',
        `Draw another split with another ${flag('seed')} and compare.`,
      ],
    }
  },
}
