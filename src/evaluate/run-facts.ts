import type { History } from './history.js'

/** Loss of a network that knows nothing: every one of the K classes equally probable. */
export const chanceLoss = (history: History): number => Math.log(history.start.data.classNames.length)

/** Accuracy on a scale where guessing is 0 and perfection 1, so that one threshold serves 2 classes and 1,000. */
export function learnedShare(accuracy: number, history: History): number {
  const chance = 1 / history.start.data.classNames.length
  return (accuracy - chance) / (1 - chance)
}

/** Images per step as the run itself shows it: training images over steps of an epoch. 64 where no epoch has ended. */
export function batchSizeOf(history: History): number {
  const [first, second] = history.epochs
  if (!first) return 64
  const stepsPerEpoch = second ? (second.step - first.step) / (second.epoch - first.epoch) : first.step / first.epoch
  return stepsPerEpoch > 0 ? Math.max(1, history.start.data.trainCount / stepsPerEpoch) : 64
}

export interface ValidatedEpoch {
  epoch: number
  step: number
  trainLoss: number
  trainAccuracy: number
  validationLoss: number
  validationAccuracy: number
}

/** The epochs that were validated and whose numbers are numbers. */
export const validatedEpochs = (history: History): ValidatedEpoch[] =>
  history.epochs.filter(
    (epoch): epoch is typeof epoch & ValidatedEpoch =>
      Number.isFinite(epoch.validationLoss) &&
      Number.isFinite(epoch.validationAccuracy) &&
      Number.isFinite(epoch.trainLoss),
  )

/** Optimizer steps that the run has made, as far as it has told. */
export const stepsDone = ({ end, epochs, steps }: History): number =>
  Math.max(end?.step ?? 0, epochs.at(-1)?.step ?? 0, steps.at(-1)?.step ?? 0)
