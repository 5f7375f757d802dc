import { UsageError } from '../../core/errors.js'
import { globalAveragePool } from '../../ops/global-average-pool.js'
import { mul } from '../../ops/mul.js'
import { type ActivationName, activate } from '../activations.js'
import { heNormal } from '../init.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'
import { channelsOf } from '../window.js'
import { conv2d } from './conv2d.js'

export interface SqueezeExcitationOptions extends LayerOptions {
  /** Channels are squeezed to channels / reduction, at least 1. */
  reduction?: number
  /** Channels in the middle; default: by the reduction. */
  squeezed?: number
  activation?: ActivationName
  gate?: ActivationName
}

/**
 * Hu et al. 2018 (arXiv 1709.01507): every channel times a gate in [0, 1] computed from the means of all channels.
 * [N, C, H, W] -> the same. conv_reduce [squeezed, C, 1, 1] and conv_expand [C, squeezed, 1, 1], with biases.
 */
export function squeezeExcitation(options: SqueezeExcitationOptions = {}): Layer {
  const { reduction = 16, activation = 'relu', gate = 'sigmoid', name } = options
  return layer('squeezeExcitation', name, (x, scope) => {
    const channels = channelsOf(x, scope.graph.path)
    const squeezed = options.squeezed ?? Math.max(1, Math.floor(channels / reduction))
    if (!(reduction > 0))
      throw new UsageError({ where: scope.graph.path, expected: 'a reduction above 0', received: String(reduction) })
    const [reduce, expand] = [
      conv2d(squeezed, 1, { name: 'conv_reduce', activation, kernelInitializer: heNormal }),
      conv2d(channels, 1, { name: 'conv_expand' }),
    ]
    return mul(x, activate(expand(reduce(globalAveragePool(x), scope), scope), gate))
  })
}
