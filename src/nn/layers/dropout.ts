import { UsageError } from '../../core/errors.js'
import { keepMask } from '../../ops/keep-mask.js'
import { mul, scale } from '../../ops/mul.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'

/**
 * Srivastava et al. 2014: in training each element is zeroed with probability `rate` and the rest is scaled up; in
 * inference nothing happens. The mask is a random byte per element, so the rate is rounded to 1/256 (255/256 at most)
 * and the scale is the exact one of the rounded rate.
 */
export function dropout(rate: number, { name }: LayerOptions = {}): Layer {
  if (!(rate >= 0 && rate < 1))
    throw new UsageError({ where: 'dropout', expected: 'a rate in [0, 1)', received: String(rate) })
  const dropped = Math.min(255, Math.round(rate * 256))
  return layer('dropout', name, (x, scope) => {
    if (scope.mode === 'inference' || dropped === 0) return x
    return scale(mul(x, keepMask(scope.bytes(x.shape), dropped)), 256 / (256 - dropped))
  })
}
