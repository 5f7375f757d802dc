import { digits, type Fault } from '../finding.js'
import { flag } from '../remedy-steps.js'
import { median } from '../robust.js'
import { validatedEpochs } from '../run-facts.js'

/**
 * A single bad epoch is ordinary noise of a high learning rate, and overfitting raises the loss slowly. A jump is
 * neither: from one epoch to the next, to a level it keeps, while the training loss goes its way undisturbed.
 */
const STEP_UP = 1.5
const KEPT = 1.6
const LEAST_RISE = 0.25
const EPOCHS_AFTER = 3

export const validationLossJump: Fault = {
  id: 'validation-loss-jump',
  title: 'Data leak suspected: the validation loss jumps',
  explainedBy: ['not-a-number', 'exploding-gradients', 'learning-rate-too-high'],
  detect(history) {
    const epochs = validatedEpochs(history)
    for (let i = 3; i <= epochs.length - EPOCHS_AFTER; i++) {
      const before = median(epochs.slice(i - 3, i).map(e => e.validationLoss))
      const previous = epochs[i - 1]!
      const at = epochs[i]!
      const kept = epochs
        .slice(i)
        .every(e => e.validationLoss > KEPT * before && e.trainLoss < 1.1 * previous.trainLoss)
      if (!kept || at.validationLoss < STEP_UP * previous.validationLoss) continue
      if (at.validationLoss - before < LEAST_RISE) continue
      return {
        severity: 'warning',
        evidence: `Validation loss jumped from ${digits(previous.validationLoss)} to ${digits(at.validationLoss)} in epoch ${at.epoch} and stayed there, while training loss went from ${digits(previous.trainLoss)} to ${digits(at.trainLoss)}.`,
        figures: { epoch: at.epoch, before, after: at.validationLoss, trainLoss: at.trainLoss },
        remedy: [
          'Check that no image, and no near-duplicate of one, is in both training and validation images.',
          'Check that validation images pass through the same pre-processing as training images (scale, mean, channel order).',
          `Draw another split with another ${flag('seed')}: if the jump moves or goes, the split was to blame.`,
          'If the run was resumed, check that the data did not change in between.',
        ],
      }
    }
    return undefined
  },
}
