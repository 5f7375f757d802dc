import { z } from 'zod'
import { type Callback, directionOf, metrics } from './callback.js'

export const reduceLROnPlateauSchema = z.strictObject({
  type: z.literal('reduce-lr-on-plateau'),
  monitor: z.enum(metrics).default('validationLoss'),
  factor: z.number().gt(0).lt(1).default(0.1).describe('new rate = rate × factor'),
  patience: z.int().min(1).default(10).describe('epochs without improvement before the rate falls'),
  mode: z.enum(['auto', 'min', 'max']).default('auto'),
  minDelta: z.number().min(0).default(1e-4).describe('a smaller change is no improvement'),
  cooldown: z.int().min(0).default(0).describe('epochs after a cut in which nothing is counted'),
  minLearningRate: z.number().min(0).default(0),
})

export type ReduceLROnPlateauOptions = Partial<Omit<z.input<typeof reduceLROnPlateauSchema>, 'type'>>

/**
 * Lowers the learning rate when a metric stops improving. The decisions are those of Keras 3: improvement means
 * better than the best by more than `minDelta`; an epoch of cooldown resets the count before it is looked at.
 * The rate compared with `minLearningRate` is the optimizer's own times the cuts, before any schedule.
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  const settings = reduceLROnPlateauSchema.parse({ ...options, type: 'reduce-lr-on-plateau' })
  const { monitor, factor, patience, minDelta, cooldown, minLearningRate } = settings
  const sign = directionOf(monitor, settings.mode) === 'min' ? 1 : -1
  let state = { best: null as number | null, wait: 0, cooldownLeft: 0, scale: 1 }
  return {
    name: 'reduce-lr-on-plateau',
    monitor,
    rateFactor: () => state.scale,
    epochEnd(epoch, control) {
      const current = epoch[monitor]
      if (current === undefined || Number.isNaN(current)) return
      const cooling = state.cooldownLeft > 0
      if (cooling) {
        state.cooldownLeft--
        state.wait = 0
      }
      if (state.best === null || sign * current < sign * state.best - minDelta) {
        state.best = current
        state.wait = 0
      } else if (state.cooldownLeft === 0) {
        state.wait++
        if (state.wait >= patience) cut(epoch.epoch, control)
      }
    },
    state: () => ({ ...state }),
    restore(kept) {
      state = { ...(kept as typeof state) }
    },
  }

  function cut(
    epoch: number,
    control: { baseLearningRate: number; notice(source: string, message: string): void },
  ): void {
    const rate = control.baseLearningRate * state.scale
    if (rate <= minLearningRate) return
    const next = Math.max(rate * factor, minLearningRate)
    state.scale = next / control.baseLearningRate
    state.cooldownLeft = cooldown
    state.wait = 0
    control.notice('reduce-lr-on-plateau', `epoch ${epoch}: learning rate ${digits(rate)} -> ${digits(next)}`)
  }
}

const digits = (rate: number): string => String(Number(rate.toPrecision(3)))
