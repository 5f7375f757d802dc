import { float32 } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { BatchNormalization } from '../../ops/batch-normalization.js'
import { BatchNormalizationTraining } from '../../ops/batch-normalization-training.js'
import { ones, zeros } from '../init.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'
import { channelsOf } from '../window.js'

/** What published weights decide about every batch normalisation of a network. */
export interface NormalizationOptions {
  /** running = momentum · running + (1 - momentum) · batch; Keras' default 0.99, PyTorch's 0.9 (which it calls 0.1). */
  momentum?: number
  /** Keras' default 1e-3, PyTorch's 1e-5. */
  epsilon?: number
}

export interface BatchNormalizationOptions extends LayerOptions, NormalizationOptions {
  /** False: no gamma; the scale is 1. */
  scale?: boolean
  /** False: no beta; the shift is 0. */
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
    const all = (value: number): Value => x.graph.constant(float32(new Array<number>(C).fill(value)))
    const gamma = scale ? scope.parameter('gamma', [C], 'scale', ones) : all(1)
    const beta = center ? scope.parameter('beta', [C], 'shift', zeros) : all(0)
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
