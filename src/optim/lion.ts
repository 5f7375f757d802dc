import { add } from '../ops/add.js'
import { mul, scale } from '../ops/mul.js'
import { sign } from '../ops/sign.js'
import { sub } from '../ops/sub.js'
import type { Optimizer } from './optimizer.js'

export interface LionOptions {
  /** Each element moves by exactly this much, so it is 3 to 10 times smaller than Adam's. */
  learningRate?: number
  beta1?: number
  beta2?: number
  /** w is first multiplied by 1 - lr · weightDecay; kernels only. 3 to 10 times larger than AdamW's, for the same reason. */
  weightDecay?: number
}

/** Chen et al. 2023 (arXiv 2302.06675): w = w - lr · sign(β1 m + (1-β1) g);  then m = β2 m + (1-β2) g. */
export function lion({ learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 }: LionOptions = {}): Optimizer {
  return {
    name: 'lion',
    learningRate,
    weightDecay,
    slots: ['momentum'],
    elementwise: true,
    scalars: (_, rate) => ({ learningRate: rate, ...(weightDecay ? { keep: 1 - rate * weightDecay } : {}) }),
    update({ parameter: w, gradient: g, slots, scalars, decays }) {
      const m = slots.momentum!
      const direction = sign(add(scale(m, beta1), scale(g, 1 - beta1)))
      const kept = weightDecay && decays ? mul(w, scalars.keep!) : w
      return {
        parameter: sub(kept, mul(direction, scalars.learningRate!)),
        slots: { momentum: add(scale(m, beta2), scale(g, 1 - beta2)) },
      }
    },
  }
}
