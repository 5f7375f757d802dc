import { concat } from '../../ops/concat.js'
import { globalAveragePool } from '../../ops/global-average-pool.js'
import { mul } from '../../ops/mul.js'
import { reduceMax } from '../../ops/reduce-max.js'
import { reduceMean } from '../../ops/reduce-mean.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { sigmoid } from '../../ops/sigmoid.js'
import { heNormal } from '../init.js'
import { group, type Layer, type LayerOptions, layer } from '../scope.js'
import { channelsOf } from '../window.js'
import { batchNormalization } from './batch-normalization.js'
import { conv2d } from './conv2d.js'

export interface CbamOptions extends LayerOptions {
  /** Channels in the middle of the shared layers: channels / reduction, at least 1. */
  reduction?: number
  /** Window of the spatial gate. */
  kernelSize?: number
}

/**
 * Convolutional block attention, Woo et al. 2018 (arXiv 1807.06521): first every channel times a gate from its mean and
 * its maximum, then every pixel times a gate from the mean and the maximum of its channels. [N, C, H, W] -> the same.
 * channel/fc1 [C / reduction, C, 1, 1], channel/fc2 back; spatial/conv/conv [1, 2, k, k] and its batch normalisation.
 */
export function cbam({ reduction = 16, kernelSize = 7, name }: CbamOptions = {}): Layer {
  return layer('cbam', name, (x, scope) => {
    const squeezed = Math.max(1, Math.floor(channelsOf(x, scope.graph.path) / reduction))
    return spatialGate(kernelSize)(channelGate(squeezed)(x, scope), scope)
  })
}

/** Mean and maximum lie side by side as two pixels, so that one layer serves both. */
const channelGate = (squeezed: number): Layer =>
  group('channel', (x, scope) => {
    const both = concat([globalAveragePool(x), reduceMax(x, [2, 3])], 3)
    const options = { useBias: false, kernelInitializer: heNormal }
    const middle = conv2d(squeezed, 1, { ...options, name: 'fc1', activation: 'relu' })(both, scope)
    const gates = conv2d(x.shape[1] as number, 1, { ...options, name: 'fc2' })(middle, scope)
    return mul(x, sigmoid(reduceSum(gates, [3])))
  })

const spatialGate = (kernelSize: number): Layer =>
  group('spatial', (x, scope) => {
    const gates = group('conv', (both, inner) => {
      const y = conv2d(1, kernelSize, { name: 'conv', padding: 'same', useBias: false })(both, inner)
      return batchNormalization({ name: 'bn', momentum: 0.99, epsilon: 1e-5 })(y, inner)
    })
    return mul(x, sigmoid(gates(concat([reduceMean(x, [1]), reduceMax(x, [1])], 1), scope)))
  })
