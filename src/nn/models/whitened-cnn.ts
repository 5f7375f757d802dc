import type { Value } from '../../onnx/ir.js'
import { scale } from '../../ops/mul.js'
import type { ActivationName } from '../activations.js'
import { dirac, type Initializer, uniform } from '../init.js'
import { batchNormalization } from '../layers/batch-normalization.js'
import { conv2d } from '../layers/conv2d.js'
import { dense } from '../layers/dense.js'
import { globalMaxPooling2d, maxPooling2d } from '../layers/pooling.js'
import { activation } from '../layers/shape.js'
import { type Network, sequential } from '../network.js'
import type { Layer } from '../scope.js'

export interface WhitenedCnnOptions {
  /** Filters of the convolutions after the whitening one; a max pooling follows each that is in `pooled`. */
  filters: readonly number[]
  pooled: readonly boolean[]
  activation: ActivationName
}

/** Name of the kernel that is set from the training images' patches before training (see train/whitening.ts). */
export const WHITENING_KERNEL = 'whitening/kernel'
/** Filters for 2x2 patches of 3 channels: 12 directions and their negatives. */
const WHITENING_FILTERS = 24

/** PyTorch's default for convolutions, U(±1/√fanIn), under an identity. */
const identityStart: Initializer = dirac((shape, stream) =>
  uniform(1 / Math.sqrt(shape[1]! * shape[2]! * shape[3]!))(shape, stream),
)

/**
 * A small fast network after airbench94 (Jordan 2024, arXiv 2404.00498): a frozen 2x2 convolution that whitens patches,
 * convolutions that start as identities, batch normalisation with trained shifts only, and a global maximum. Images of
 * 32 x 32 stay a power of two wide at every depth. Made for a rule that normalises kernels (muon).
 */
export function whitenedCnn(classes: number, { filters, pooled, activation: kind }: WhitenedCnnOptions): Network {
  const width = filters.at(-1)!
  const block = (count: number, pool: boolean): Layer[] => [
    conv2d(count, 3, { padding: 'same', useBias: false, kernelInitializer: identityStart }),
    ...(pool ? [maxPooling2d(2)] : []),
    batchNormalization({ scale: false, momentum: 0.9, epsilon: 1e-5 }),
    activation(kind),
  ]
  const trunk = sequential([
    conv2d(WHITENING_FILTERS, 2, {
      padding: 'same',
      name: 'whitening',
      trainable: false,
      biasInitializer: uniform(1 / Math.sqrt(12)),
    }),
    activation(kind),
    ...filters.flatMap((count, i) => block(count, pooled[i] ?? false)),
    globalMaxPooling2d(),
    dense(classes, { useBias: false, kernelInitializer: uniform(HEAD_LIMIT) }),
  ])
  return sequential([(x, scope): Value => scale(trunk(x, scope), LOGIT_GAIN / width)])
}

/**
 * The head's logits are scaled by GAIN / width and its kernel starts with a deviation of 1 / GAIN: with this gain the
 * head learns well at the learning rate that suits the shifts.
 */
const LOGIT_GAIN = Math.sqrt(0.67 / 0.053)
const HEAD_LIMIT = Math.sqrt(3) / LOGIT_GAIN
