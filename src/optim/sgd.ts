import { UsageError } from '../core/errors.js'
import { add } from '../ops/add.js'
import { mul, scale } from '../ops/mul.js'
import { sub } from '../ops/sub.js'
import type { Optimizer } from './optimizer.js'

export interface SgdOptions {
  learningRate?: number
  momentum?: number
  /** Look ahead along the momentum (Sutskever et al. 2013). */
  nesterov?: boolean
  /** Added to the gradient as weightDecay · w (coupled, as PyTorch's SGD). */
  weightDecay?: number
}

/** v = μ v + g;  w = w - lr · (nesterov ? g + μ v : v)  (PyTorch's form: the rate is outside the momentum). */
export function sgd({
  learningRate = 0.01,
  momentum = 0,
  nesterov = false,
  weightDecay = 0,
}: SgdOptions = {}): Optimizer {
  if (nesterov && !(momentum > 0))
    throw new UsageError({
      where: 'sgd',
      expected: 'a momentum above 0 with nesterov',
      received: String(momentum),
      fix: 'momentum: 0.9 is usual',
    })
  return {
    name: 'sgd',
    learningRate,
    weightDecay,
    slots: momentum ? ['momentum'] : [],
    elementwise: true,
    scalars: (_, rate) => ({ learningRate: rate }),
    update({ parameter: w, gradient, slots, scalars, decays }) {
      const g = weightDecay && decays ? add(gradient, scale(w, weightDecay)) : gradient
      const lr = scalars.learningRate!
      if (!momentum) return { parameter: sub(w, mul(g, lr)), slots: {} }
      const v = add(scale(slots.momentum!, momentum), g)
      const direction = nesterov ? add(g, scale(v, momentum)) : v
      return { parameter: sub(w, mul(direction, lr)), slots: { momentum: v } }
    },
  }
}
