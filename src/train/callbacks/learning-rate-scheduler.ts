import type { Callback } from './callback.js'

/**
 * The learning rate of each epoch from a function of the epoch (counted from 1) and the rate of the epoch before, as
 * Keras' LearningRateScheduler. Schedules known by name belong in the recipe's `schedule`; this is for your own.
 */
export function learningRateScheduler(rateOf: (epoch: number, learningRate: number) => number): Callback {
  let state = { epoch: 0, factor: 1 }
  return {
    name: 'learning-rate-scheduler',
    rateFactor(epoch, baseLearningRate) {
      while (state.epoch < epoch) {
        const next = state.epoch + 1
        state = { epoch: next, factor: rateOf(next, baseLearningRate * state.factor) / baseLearningRate }
      }
      return state.factor
    },
    state: () => ({ ...state }),
    restore(kept) {
      state = { ...(kept as typeof state) }
    },
  }
}
