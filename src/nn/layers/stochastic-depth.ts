import { UsageError } from '../../core/errors.js'
import { keepMask } from '../../ops/keep-mask.js'
import { mul, scale } from '../../ops/mul.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'

/**
 * Huang et al. 2016 (arXiv 1603.09382), on the inner way of a residual block: in training a whole image loses it with
 * probability `rate` and the rest is scaled up; in inference nothing happens. One random byte per image, so the rate is
 * rounded to 1/256 (255/256 at most) and the scale is the exact one of the rounded rate, as in dropout.
 */
export function stochasticDepth(rate: number, { name }: LayerOptions = {}): Layer {
  if (!(rate >= 0 && rate < 1))
    throw new UsageError({ where: 'stochasticDepth', expected: 'a rate in [0, 1)', received: String(rate) })
  const dropped = Math.min(255, Math.round(rate * 256))
  return layer('stochasticDepth', name, (x, scope) => {
    if (scope.mode === 'inference' || dropped === 0) return x
    const bytes = scope.bytes(x.shape.map((dim, axis) => (axis === 0 ? dim : 1)))
    return mul(x, scale(keepMask(bytes, dropped), 256 / (256 - dropped)))
  })
}
