/** Where a run stands. */
export interface Progress {
  /** Steps done before this one, from 0. */
  step: number
  totalSteps: number
  stepsPerEpoch: number
}

/** A factor on the optimizer's learning rate. */
export type Schedule = (progress: Progress) => number

const fraction = ({ step, totalSteps }: Progress): number => Math.min(1, step / Math.max(1, totalSteps))

export const constantRate = (): Schedule => () => 1

/** × factor every `epochs`. */
export const stepDecay =
  ({ epochs, factor }: { epochs: number; factor: number }): Schedule =>
  ({ step, stepsPerEpoch }) =>
    factor ** Math.floor(step / (epochs * stepsPerEpoch))

/** × factor each epoch, smoothly. */
export const exponentialDecay =
  ({ factor }: { factor: number }): Schedule =>
  ({ step, stepsPerEpoch }) =>
    factor ** (step / stepsPerEpoch)

/** Straight from 1 to `end`. */
export const linearDecay =
  ({ end = 0 }: { end?: number } = {}): Schedule =>
  progress =>
    1 + (end - 1) * fraction(progress)

/** Loshchilov & Hutter 2017 (arXiv 1608.03983), without restarts. */
export const cosineDecay =
  ({ end = 0 }: { end?: number } = {}): Schedule =>
  progress =>
    end + (1 - end) * 0.5 * (1 + Math.cos(Math.PI * fraction(progress)))

/** Smith & Topin 2019 (arXiv 1708.07120): straight from `start` up to 1 at `peak` of the run, then straight to `end`. */
export const oneCycle =
  ({ peak = 0.3, start = 0.04, end = 0.001 }: { peak?: number; start?: number; end?: number } = {}): Schedule =>
  progress => {
    const at = fraction(progress)
    if (at < peak) return start + ((1 - start) * at) / peak
    return peak < 1 ? 1 + ((end - 1) * (at - peak)) / (1 - peak) : 1
  }

/** Goyal et al. 2017 (arXiv 1706.02677): straight up over the first epochs, then `followedBy` as if it had begun after them. */
export const warmUp =
  ({ epochs, followedBy }: { epochs: number; followedBy: Schedule }): Schedule =>
  ({ step, totalSteps, stepsPerEpoch }) => {
    const steps = Math.round(epochs * stepsPerEpoch)
    if (step < steps) return (step + 1) / steps
    return followedBy({ step: step - steps, totalSteps: totalSteps - steps, stepsPerEpoch })
  }
