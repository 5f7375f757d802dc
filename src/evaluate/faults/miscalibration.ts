import { type Fault, percent } from '../finding.js'
import { softensTargets } from '../regularization-signs.js'
import { flag, set } from '../remedy-steps.js'

/**
 * Guo et al. 2017 (table 1) measure 3 to 5 % on CIFAR-10 and up to 17 % on CIFAR-100 for uncalibrated networks. Ten
 * per cent is beyond what is usual here; below 1,000 images the estimate itself is off by several per cent.
 */
const ERROR = 0.1
const IMAGES = 1000

export const miscalibration: Fault = {
  id: 'miscalibration',
  title: 'Confidence cannot be trusted',
  explainedBy: ['class-collapse', 'not-a-number'],
  detect(history, evaluation) {
    if (!evaluation || evaluation.count < IMAGES || evaluation.calibrationError <= ERROR) return undefined
    const { calibrationError, meanConfidence, accuracy } = evaluation
    const tooSure = meanConfidence > accuracy
    // Label smoothing and MixUp buy accuracy with modesty: that price was agreed to.
    if (!tooSure && softensTargets(history.start.recipe)) return undefined
    return {
      severity: 'warning',
      evidence: `The expected calibration error is ${percent(calibrationError)}: the network is sure by ${percent(meanConfidence)} on average and right in ${percent(accuracy)}, so it is too ${tooSure ? 'sure' : 'modest'}.`,
      figures: { calibrationError, meanConfidence, accuracy },
      remedy: tooSure
        ? [
            'Fit a temperature on the validation images and divide the logits by it: accuracy stays, confidence becomes honest.',
            `Train with label smoothing: ${set('loss.labelSmoothing', 0.1)}; or stop earlier.`,
            'Until then, do not read the probability as a chance of being right.',
          ]
        : [
            'Fit a temperature on the validation images and divide the logits by it: accuracy stays, confidence becomes honest.',
            `A network that still learns is modest: train longer (${flag('epochs')}).`,
          ],
    }
  },
}
