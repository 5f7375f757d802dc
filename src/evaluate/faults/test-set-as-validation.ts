import type { Fault } from '../finding.js'
import { flag, set } from '../remedy-steps.js'
import { validatedEpochs } from '../run-facts.js'

/** Choices made by looking at the test images make the test result flatter than the truth. */
export const testSetAsValidation: Fault = {
  id: 'test-set-as-validation',
  title: 'Data leak: the test images serve as validation images',
  explainedBy: [],
  detect(history) {
    const epochs = validatedEpochs(history).length
    const { validationIsTest, validationCount, trainCount } = history.start.data
    if (!validationIsTest || epochs === 0) return undefined
    return {
      severity: 'warning',
      evidence: `All ${validationCount.toLocaleString('en-US')} validation images are the test images, and ${epochs === 1 ? '1 epoch was' : `${epochs} epochs were`} compared on them: the best epoch, the learning rate and the moment to stop were chosen by looking at the test.`,
      figures: { epochs, validationCount },
      remedy: [
        `Keep a part of the training images for validation: ${flag('validation', 'split')} ${set('validation.count', Math.max(1, Math.round(trainCount / 10)))}.`,
        'Measure on the test images once, at the very end.',
      ],
    }
  },
}
