import { FoveaError } from '../../core/errors.js'
import { lecunNormal } from '../init.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'
import { tokensOf } from '../tokens.js'
import { channelsOf } from '../window.js'
import { conv2d } from './conv2d.js'

/**
 * Dosovitskiy et al. 2021 (arXiv 2010.11929): images cut into square patches, each a token by one linear map.
 * [N, C, H, W] -> [N, H/patch · W/patch, width]. proj [width, C, patch, patch] and its bias.
 */
export function patchEmbedding(width: number, patchSize: number, { name }: LayerOptions = {}): Layer {
  return layer('patchEmbedding', name, (x, scope) => {
    channelsOf(x, scope.graph.path)
    const [H, W] = x.shape.slice(2) as [number, number]
    if (H % patchSize || W % patchSize)
      throw new FoveaError({
        where: scope.graph.path,
        expected: `images whose sides are multiples of the patch size ${patchSize}`,
        received: `${H} x ${W}`,
        fix: 'choose a patch size that divides both sides',
      })
    const proj = conv2d(width, patchSize, { name: 'proj', strides: patchSize, kernelInitializer: lecunNormal })
    return tokensOf(proj(x, scope))
  })
}
