import { digits, type Fault, percent } from '../finding.js'
import type { History } from '../history.js'
import { addL2, flag, moreAugmentation, moreDropout, stopEarly } from '../remedy-steps.js'
import { mean } from '../robust.js'
import { type ValidatedEpoch, validatedEpochs } from '../run-facts.js'

/** The rule of thumb of the Keras walk-through: above 95 % on training images, below 80 % on validation images. */
const STRONG_TRAIN = 0.95
const STRONG_VALIDATION = 0.8
/** Validation after the best epoch: loss up by a tenth, or accuracy at rest with a gap of ten points. */
const LOSS_RISE = 1.1
const GAP_WITH_RISE = 0.05
const GAP_AT_REST = 0.1
/** A loss that has not come down for so many epochs while the gap is wide: what early stopping would end. */
const EPOCHS_WITHOUT_BEST = 8
const GAP_WITHOUT_BEST = 0.08
const GRAVE_GAP = 0.15
const EPOCHS_AT_REST = 5

const averages = (epochs: ValidatedEpoch[]) => ({
  trainAccuracy: mean(epochs.map(e => e.trainAccuracy)),
  validationAccuracy: mean(epochs.map(e => e.validationAccuracy)),
  validationLoss: mean(epochs.map(e => e.validationLoss)),
})

function measure(history: History) {
  const epochs = validatedEpochs(history)
  if (epochs.length < 4) return undefined
  const best = epochs.reduce((low, epoch) => (epoch.validationLoss < low.validationLoss ? epoch : low))
  const place = epochs.indexOf(best)
  // Single epochs are noisy: both ends of the comparison are means of three.
  const now = averages(epochs.slice(-3))
  const atBest = averages(epochs.slice(Math.max(0, place - 1), place + 2))
  const rest = averages(epochs.slice(-2 * EPOCHS_AT_REST, -EPOCHS_AT_REST))
  const sinceBest = epochs.length - 1 - place
  return { best, now, atBest, rest, sinceBest, count: epochs.length, gap: now.trainAccuracy - now.validationAccuracy }
}

function formOf(
  m: NonNullable<ReturnType<typeof measure>>,
): 'strong' | 'loss rises' | 'loss rests' | 'accuracy rests' | undefined {
  const { now, atBest, rest, gap } = m
  if (now.trainAccuracy > STRONG_TRAIN && now.validationAccuracy < STRONG_VALIDATION) return 'strong'
  const trainRose = now.trainAccuracy - atBest.trainAccuracy > 0.02
  const lossRose = m.sinceBest >= 3 && now.validationLoss > LOSS_RISE * atBest.validationLoss
  const noGain = now.validationAccuracy - atBest.validationAccuracy < 0.015
  if (trainRose && lossRose && noGain && gap > GAP_WITH_RISE) return 'loss rises'
  if (trainRose && m.sinceBest >= EPOCHS_WITHOUT_BEST && gap > GAP_WITHOUT_BEST) return 'loss rests'
  const atRest =
    m.count >= 2 * EPOCHS_AT_REST &&
    now.trainAccuracy - rest.trainAccuracy > 0.02 &&
    now.validationAccuracy - rest.validationAccuracy < 0.005
  return atRest && gap > GAP_AT_REST ? 'accuracy rests' : undefined
}

export const overfitting: Fault = {
  id: 'overfitting',
  title: 'Overfitting: training images are learnt by heart',
  explainedBy: ['validation-loss-jump', 'not-a-number'],
  detect(history) {
    const m = measure(history)
    const form = m && formOf(m)
    if (!m || !form) return undefined
    const { now, best, atBest, gap } = m
    const course =
      form === 'accuracy rests'
        ? `validation accuracy has been at rest for ${EPOCHS_AT_REST} epochs while training accuracy still rises`
        : `validation loss was lowest in epoch ${best.epoch} (${digits(atBest.validationLoss)}) and is now ${digits(now.validationLoss)}`
    return {
      severity: form === 'strong' || gap > GRAVE_GAP ? 'problem' : 'warning',
      evidence: `Training accuracy is ${percent(now.trainAccuracy)}, validation accuracy ${percent(now.validationAccuracy)}: a gap of ${(100 * gap).toFixed(1)} points; ${course}.`,
      figures: {
        trainAccuracy: now.trainAccuracy,
        validationAccuracy: now.validationAccuracy,
        gap,
        bestEpoch: best.epoch,
        bestValidationLoss: best.validationLoss,
        validationLoss: now.validationLoss,
      },
      remedy: [
        moreAugmentation(history),
        moreDropout(history),
        addL2(),
        `Stop at the best epoch: ${stopEarly()}${best.epoch > 1 ? `, or ${flag('epochs', best.epoch)}` : ''}.`,
      ],
    }
  },
}
