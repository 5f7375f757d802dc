import { globalAveragePool } from '../../ops/global-average-pool.js'
import { mul } from '../../ops/mul.js'
import { reshape } from '../../ops/reshape.js'
import { sigmoid } from '../../ops/sigmoid.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'
import { channelsOf } from '../window.js'
import { conv2d } from './conv2d.js'

export interface EcaAttentionOptions extends LayerOptions {
  /** Channels that a gate looks at, odd; default: by the paper's rule, the odd number next to |log₂C / gamma + beta / gamma|. */
  kernelSize?: number
  gamma?: number
  beta?: number
}

/** Wang et al. 2020, equation 12, as their code rounds it: down to a whole number, then up to an odd one. */
function adaptiveSize(channels: number, gamma: number, beta: number): number {
  const size = Math.floor(Math.abs((Math.log2(channels) + beta) / gamma))
  return size % 2 ? size : size + 1
}

/**
 * Efficient channel attention, Wang et al. 2020 (arXiv 1910.03151): every channel times a gate computed from the means
 * of its neighbours, by one convolution along the channels. [N, C, H, W] -> the same. conv [1, 1, kernelSize, 1].
 */
export function ecaAttention({ kernelSize, gamma = 2, beta = 1, name }: EcaAttentionOptions = {}): Layer {
  return layer('ecaAttention', name, (x, scope) => {
    const channels = channelsOf(x, scope.graph.path)
    const size = kernelSize ?? adaptiveSize(channels, gamma, beta)
    const along = conv2d(1, [size, 1], { name: 'conv', padding: 'same', useBias: false })
    const means = reshape(globalAveragePool(x), [x.shape[0]!, 1, channels, 1])
    return mul(x, reshape(sigmoid(along(means, scope)), [x.shape[0]!, channels, 1, 1]))
  })
}
