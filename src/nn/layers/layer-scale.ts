import { mul } from '../../ops/mul.js'
import { reshape } from '../../ops/reshape.js'
import { constant } from '../init.js'
import { SOLE } from '../published-names.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'

/**
 * Touvron et al. 2021 (arXiv 2103.17239): every channel of a residual way times a learned factor that starts small.
 * The last axis of [N, D] or [N, T, D], axis 1 of images [N, C, H, W]. array [D].
 */
export const layerScale = (initial = 1e-6, { name }: LayerOptions = {}): Layer =>
  layer('layerScale', name, (x, scope) => {
    const images = x.shape.length === 4
    const channels = x.shape.at(images ? 1 : -1) as number
    const factors = scope.parameter(SOLE, [channels], 'scale', constant(initial))
    return mul(x, images ? reshape(factors, [channels, 1, 1]) : factors)
  })
