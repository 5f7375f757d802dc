import { z } from 'zod'
import type { Callback } from './callback.js'

export const terminateOnNaNSchema = z.strictObject({ type: z.literal('terminate-on-nan') })

/** Ends training at the first loss that is not a number or infinite. */
export const terminateOnNaN = (): Callback => ({
  name: 'terminate-on-nan',
  stepEnd({ step, loss, learningRate }, control) {
    if (Number.isFinite(loss)) return
    control.stop(
      'not-a-number',
      `the loss of step ${step} is ${loss} at learning rate ${Number(learningRate.toPrecision(3))}`,
    )
  },
})

/** The callbacks of a run: this one is among them, named or not. */
export const watched = (callbacks: readonly Callback[]): readonly Callback[] =>
  callbacks.some(({ name }) => name === 'terminate-on-nan') ? callbacks : [terminateOnNaN(), ...callbacks]
