import { UsageError } from '../core/errors.js'
import { add } from '../ops/add.js'
import { mul } from '../ops/mul.js'
import { sub } from '../ops/sub.js'
import type { Optimizer } from './optimizer.js'

export interface LookaheadOptions {
  /** k: steps of the inner rule between two looks back. */
  steps?: number
  /** α: how far the slow weights follow. */
  alpha?: number
}

/** The slot that holds the slow weights: the ones that are evaluated and kept. */
export const SLOW = 'slow'

/**
 * Zhang et al. 2019 (arXiv 1907.08610). Every k steps of `inner`: slow = slow + α (fast - slow), fast = slow. All of it
 * is in the graph: two scalars, 0 between the looks back, say when.
 */
export function lookahead(inner: Optimizer, { steps = 5, alpha = 0.5 }: LookaheadOptions = {}): Optimizer {
  if (!Number.isInteger(steps) || steps < 1)
    throw new UsageError({ where: 'lookahead', expected: 'whole steps of at least 1', received: String(steps) })
  if (!(alpha > 0 && alpha <= 1))
    throw new UsageError({ where: 'lookahead', expected: 'an alpha in (0, 1]', received: String(alpha) })
  const wrapped = new Map<Optimizer, Optimizer>()
  const wrap = (rule: Optimizer): Optimizer => {
    const known = wrapped.get(rule)
    if (known) return known
    const outer: Optimizer = {
      ...rule,
      slots: [...rule.slots, SLOW],
      initialSlots: { ...rule.initialSlots, [SLOW]: 'parameter' },
      scalars(step, rate) {
        const looksBack = step % steps === 0
        return { ...rule.scalars(step, rate), pull: looksBack ? alpha : 0, keepFast: looksBack ? 0 : 1 }
      },
      update(context) {
        const { parameter: fast, slots } = rule.update(context)
        const { pull, keepFast } = context.scalars
        const slow = add(context.slots[SLOW]!, mul(sub(fast, context.slots[SLOW]!), pull!))
        // Exactly one of the factors is 1 and the other 0, so each side comes through bit for bit.
        const takeSlow = sub(fast.graph.float(1), keepFast!)
        return { parameter: add(mul(fast, keepFast!), mul(slow, takeSlow)), slots: { ...slots, [SLOW]: slow } }
      },
      ruleFor: parameter => {
        const other = rule.ruleFor?.(parameter)
        return other && other !== rule ? wrap(other) : undefined
      },
    }
    wrapped.set(rule, outer)
    return outer
  }
  return { ...wrap(inner), name: `lookahead ${inner.name}` }
}
