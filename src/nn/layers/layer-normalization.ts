import { FoveaError } from '../../core/errors.js'
import { formatShape } from '../../core/shape.js'
import { layerNormalization as normalise } from '../../ops/layer-normalization.js'
import { transpose } from '../../ops/transpose.js'
import { ones, zeros } from '../init.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'

export interface LayerNormalizationOptions extends LayerOptions {
  epsilon?: number
}

/**
 * Ba, Kiros & Hinton 2016 (arXiv 1607.06450), over the features of each token: the last axis of [N, D] or [N, T, D]; of
 * images [N, C, H, W] over the channels of each pixel (ConvNeXt's LayerNorm2d). gamma, beta: [D].
 */
export function layerNormalization({ epsilon = 1e-6, name }: LayerNormalizationOptions = {}): Layer {
  return layer('layerNormalization', name, (x, scope) => {
    const rank = x.shape.length
    const features = x.shape[rank === 4 ? 1 : rank - 1]
    if (rank < 2 || rank > 4 || typeof features !== 'number')
      throw new FoveaError({
        where: scope.graph.path,
        expected: '[N, D], [N, T, D] or [N, C, H, W]',
        received: formatShape(x.shape),
      })
    const gamma = scope.parameter('gamma', [features], 'scale', ones)
    const beta = scope.parameter('beta', [features], 'shift', zeros)
    const last = rank === 4 ? transpose(x, [0, 2, 3, 1]) : x
    const y = normalise(last, gamma, beta, { epsilon })
    return rank === 4 ? transpose(y, [0, 3, 1, 2]) : y
  })
}
