import { BatchNormalization } from '../../ops/batch-normalization.js'
import { BatchNormalizationTraining } from '../../ops/batch-normalization-training.js'
import { ones, zeros } from '../init.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'
import { channelsOf } from './conv2d.js'

export interface BatchNormalizationOptions extends LayerOptions {
  /** running = momentum · running + (1 - momentum) · batch; Keras' default 0.99. */
  momentum?: number
  epsilon?: number
  /** False: the scale stays 1 and is not trained. */
  scale?: boolean
  /** False: the shift stays 0 and is not trained. */
  center?: boolean
}

/**
 * Ioffe & Szegedy 2015 (arXiv 1502.03167). Batch statistics in training, running ones in inference. [N, C, H, W].
 * gamma, beta, movingMean, movingVariance: [C]. The moving variance averages the biased batch variance, as Keras does.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  const { momentum = 0.99, epsilon = 1e-3, scale = true, center = true } = options
  return layer('batchNormalization', options.name, (x, scope) => {
    const C = channelsOf(x, scope.graph.path)
    const gamma = scope.parameter('gamma', [C], 'scale', ones, { trainable: scale })
    const beta = scope.parameter('beta', [C], 'shift', zeros, { trainable: center })
    if (scope.mode === 'inference') {
      const mean = scope.statistic('movingMean', [C], 0, momentum)
      const variance = scope.statistic('movingVariance', [C], 1, momentum)
      return x.graph.add(BatchNormalization, [x, gamma, beta, mean, variance], { epsilon })
    }
    const [y, mean, variance] = x.graph.addMany(
      BatchNormalizationTraining,
      [x, gamma, beta],
      { epsilon },
      { outputs: 3 },
    )
    scope.statistic('movingMean', [C], 0, momentum, mean)
    scope.statistic('movingVariance', [C], 1, momentum, variance)
    return y!
  })
}
