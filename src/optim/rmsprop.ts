import { add } from '../ops/add.js'
import { div } from '../ops/div.js'
import { mul, scale } from '../ops/mul.js'
import { sqrt } from '../ops/sqrt.js'
import { sub } from '../ops/sub.js'
import type { Optimizer } from './optimizer.js'

export interface RmspropOptions {
  learningRate?: number
  /** Decay of the mean square. */
  rho?: number
  momentum?: number
  epsilon?: number
}

/** Hinton 2012, Keras' form: s = ρ s + (1-ρ) g²;  step = lr · g / √(s + ε);  with momentum v = μ v + step;  w = w - v. */
export function rmsprop({
  learningRate = 1e-3,
  rho = 0.9,
  momentum = 0,
  epsilon = 1e-7,
}: RmspropOptions = {}): Optimizer {
  return {
    name: 'rmsprop',
    learningRate,
    weightDecay: 0,
    slots: momentum ? ['meanSquare', 'momentum'] : ['meanSquare'],
    elementwise: true,
    scalars: (_, rate) => ({ learningRate: rate }),
    update({ parameter: w, gradient: g, slots, scalars }) {
      const meanSquare = add(scale(slots.meanSquare!, rho), scale(mul(g, g), 1 - rho))
      const step = mul(div(g, sqrt(add(meanSquare, g.graph.float(epsilon)))), scalars.learningRate!)
      if (!momentum) return { parameter: sub(w, step), slots: { meanSquare } }
      const v = add(scale(slots.momentum!, momentum), step)
      return { parameter: sub(w, v), slots: { meanSquare, momentum: v } }
    },
  }
}
