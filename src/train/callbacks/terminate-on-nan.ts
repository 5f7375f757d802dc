import { z } from 'zod'
import type { Callback } from './callback.js'

export const terminateOnNaNSchema = z.strictObject({ type: z.literal('terminate-on-nan') })

/** Ends training at the first loss that is not a number or infinite. Every run has it, named or not. */
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
