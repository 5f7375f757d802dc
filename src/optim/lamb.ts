import type { Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { div } from '../ops/div.js'
import { equal } from '../ops/equal.js'
import { mul, scale } from '../ops/mul.js'
import { or } from '../ops/or.js'
import { reduceSum } from '../ops/reduce-sum.js'
import { sqrt } from '../ops/sqrt.js'
import { sub } from '../ops/sub.js'
import { where } from '../ops/where.js'
import { decays, type Optimizer } from './optimizer.js'

export interface LambOptions {
  learningRate?: number
  beta1?: number
  beta2?: number
  epsilon?: number
  /** Added to the direction as weightDecay · w; kernels only. */
  weightDecay?: number
}

const norm = (x: Value): Value => sqrt(reduceSum(mul(x, x), undefined, false))

/** ‖w‖ / ‖r‖, and 1 where either is 0. */
function trustRatio(w: Value, r: Value): Value {
  const [length, step] = [norm(w), norm(r)]
  const one = w.graph.float(1)
  const still = or(equal(length, w.graph.float(0)), equal(step, w.graph.float(0)))
  return where(still, one, div(length, where(still, one, step)))
}

/**
 * You et al. 2020 (arXiv 1904.00962): Adam's direction r = m̂ / (√v̂ + ε) + λ w, as long as the kernel it changes:
 * w = w - lr · ‖w‖ / ‖r‖ · r. Meant for large batches. Biases, scales and shifts are neither adapted nor decayed, as in
 * the authors' code.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6, weightDecay = 0.01 } = options
  const rule = (adapted: boolean): Optimizer => ({
    name: 'lamb',
    learningRate,
    weightDecay: adapted ? weightDecay : 0,
    slots: ['firstMoment', 'secondMoment'],
    elementwise: !adapted,
    scalars: (step, rate) => ({
      learningRate: rate,
      firstCorrection: 1 / (1 - beta1 ** step),
      secondCorrection: 1 / (1 - beta2 ** step),
    }),
    update({ parameter: w, gradient: g, slots, scalars }) {
      const firstMoment = add(scale(slots.firstMoment!, beta1), scale(g, 1 - beta1))
      const secondMoment = add(scale(slots.secondMoment!, beta2), scale(mul(g, g), 1 - beta2))
      const root = sqrt(mul(secondMoment, scalars.secondCorrection!))
      const adam = div(mul(firstMoment, scalars.firstCorrection!), add(root, g.graph.float(epsilon)))
      const r = adapted && weightDecay ? add(adam, scale(w, weightDecay)) : adam
      const rate = adapted ? mul(trustRatio(w, r), scalars.learningRate!) : scalars.learningRate!
      return { parameter: sub(w, mul(r, rate)), slots: { firstMoment, secondMoment } }
    },
  })
  const others = rule(false)
  return { ...rule(true), ruleFor: parameter => (decays(parameter) ? undefined : others) }
}
