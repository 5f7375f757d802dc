import { identity } from '../ops/identity.js'
import { scalarLike } from '../ops/kinds/scalar-like.js'
import { mul } from '../ops/mul.js'
import { sub } from '../ops/sub.js'
import { type Optimizer, ruleFor } from './optimizer.js'

/** Slot of a kernel with 1 where a weight is pruned and 0 elsewhere: a kernel without the slot is not pruned at all. */
export const PRUNED_SLOT = 'pruned'

/**
 * The same update rule for kernels of which some weights are pruned, the others as they were: w = keep · update(w,
 * keep · g), keep = 1 - pruned. A pruned weight that is 0 stays exactly 0, whatever momentum and decay do, and its
 * gradient moves no memory. Who sets the slot decides which weights these are (train/magnitude-pruning.ts).
 */
export function masked(optimizer: Optimizer): Optimizer {
  const wrapped = new Map<Optimizer, Optimizer>()
  return {
    ...optimizer,
    ruleFor(parameter) {
      const rule = ruleFor(optimizer, parameter)
      if (parameter.role !== 'kernel') return rule
      const known = wrapped.get(rule) ?? maskedRule(rule)
      wrapped.set(rule, known)
      return known
    },
  }
}

const maskedRule = (rule: Optimizer): Optimizer => ({
  ...rule,
  slots: [...rule.slots, PRUNED_SLOT],
  update(context) {
    const pruned = context.slots[PRUNED_SLOT]!
    const keep = sub(scalarLike(pruned, 1), pruned)
    const { parameter, slots } = rule.update({ ...context, gradient: mul(context.gradient, keep) })
    return { parameter: mul(parameter, keep), slots: { ...slots, [PRUNED_SLOT]: identity(pruned) } }
  },
})
