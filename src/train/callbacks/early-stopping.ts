import { z } from 'zod'
import type { WeightMap } from '../weights.js'
import { type Callback, directionOf, metrics } from './callback.js'

export const earlyStoppingSchema = z.strictObject({
  type: z.literal('early-stopping'),
  monitor: z.enum(metrics).default('validationLoss'),
  minDelta: z.number().min(0).default(0).describe('a smaller change is no improvement'),
  patience: z.int().min(0).default(0).describe('epochs without improvement before training ends'),
  mode: z.enum(['auto', 'min', 'max']).default('auto'),
  baseline: z.number().nullable().default(null).describe('improvement counts only once the metric is better than this'),
  restoreBest: z.boolean().default(false).describe('the classifier gets the weights of the best epoch'),
  startFromEpoch: z.int().min(0).default(0).describe('epochs before this many are not watched'),
})

export type EarlyStoppingOptions = Partial<Omit<z.input<typeof earlyStoppingSchema>, 'type'>>

/**
 * Ends training when a metric stops improving. The decisions are those of Keras 3; as there, `restoreBest` takes the
 * best weights whether training was stopped or ran to its end.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const settings = earlyStoppingSchema.parse({ ...options, type: 'early-stopping' })
  const { monitor, minDelta, patience, baseline, restoreBest, startFromEpoch } = settings
  const sign = directionOf(monitor, settings.mode) === 'min' ? 1 : -1
  const improves = (value: number, reference: number): boolean => sign * value + minDelta < sign * reference
  let state = { best: null as number | null, bestEpoch: 0, wait: 0 }
  let bestWeights: WeightMap = new Map()
  return {
    name: 'early-stopping',
    monitor,
    epochEnd(epoch, control) {
      const current = epoch[monitor]
      if (current === undefined || Number.isNaN(current) || epoch.epoch <= startFromEpoch) return
      state.wait++
      if (state.best === null || improves(current, state.best)) {
        state.best = current
        state.bestEpoch = epoch.epoch
        if (restoreBest) bestWeights = control.weights()
        if (baseline === null || improves(current, baseline)) state.wait = 0
      } else if (state.wait >= patience && epoch.epoch > 1) {
        control.stop(
          'early-stopping',
          `${monitor} has not improved since epoch ${state.bestEpoch} (${state.best.toFixed(4)})`,
        )
      }
    },
    end(control) {
      if (restoreBest && bestWeights.size) control.choose(bestWeights, state.bestEpoch, `best ${monitor}`)
    },
    state: () => ({ ...state }),
    tensors: () => bestWeights,
    restore(kept, tensors) {
      state = { ...(kept as typeof state) }
      bestWeights = tensors
    },
  }
}
