import { add } from '../ops/add.js'
import { div } from '../ops/div.js'
import { mul, scale } from '../ops/mul.js'
import { sqrt } from '../ops/sqrt.js'
import { sub } from '../ops/sub.js'
import type { Optimizer } from './optimizer.js'

export interface AdamOptions {
  learningRate?: number
  beta1?: number
  beta2?: number
  /** Added to the root of the bias-corrected second moment (PyTorch's place for it). */
  epsilon?: number
}

export interface AdamWOptions extends AdamOptions {
  /** w is first multiplied by 1 - lr · weightDecay (Loshchilov & Hutter 2019, arXiv 1711.05101); kernels only. */
  weightDecay?: number
}

/**
 * Kingma & Ba 2015 (arXiv 1412.6980): w = w - lr · m̂ / (√v̂ + ε).
 *
 * The slots hold M = m / (1-β1) and V = v / (1-β2), which saves two passes over the parameters: M = β1 M + g,
 * V = β2 V + g². With a = lr · (1-β1)/(1-β1ᵗ) · √((1-β2ᵗ)/(1-β2)) and e = ε · √((1-β2ᵗ)/(1-β2)) the step is
 * a · M / (√V + e): the same numbers.
 */
function adamRule(
  name: string,
  { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = 0 }: AdamWOptions,
): Optimizer {
  return {
    name,
    learningRate,
    weightDecay,
    slots: ['firstMoment', 'secondMoment'],
    elementwise: true,
    scalars(step, rate) {
      const root = Math.sqrt((1 - beta2 ** step) / (1 - beta2))
      const size = (rate * (1 - beta1) * root) / (1 - beta1 ** step)
      return { stepSize: size, epsilon: epsilon * root, ...(weightDecay ? { keep: 1 - rate * weightDecay } : {}) }
    },
    update({ parameter: w, gradient: g, slots, scalars, decays }) {
      const firstMoment = add(scale(slots.firstMoment!, beta1), g)
      const secondMoment = add(scale(slots.secondMoment!, beta2), mul(g, g))
      const step = div(mul(firstMoment, scalars.stepSize!), add(sqrt(secondMoment), scalars.epsilon!))
      const kept = weightDecay && decays ? mul(w, scalars.keep!) : w
      return { parameter: sub(kept, step), slots: { firstMoment, secondMoment } }
    },
  }
}

export const adam = (options: AdamOptions = {}): Optimizer => adamRule('adam', options)
export const adamW = (options: AdamWOptions = {}): Optimizer => adamRule('adamw', { weightDecay: 0.004, ...options })
