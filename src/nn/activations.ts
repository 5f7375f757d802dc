import { didYouMean, UsageError } from '../core/errors.js'
import type { Value } from '../onnx/ir.js'
import { clip } from '../ops/clip.js'
import { elu } from '../ops/elu.js'
import { gelu } from '../ops/gelu.js'
import { hardSigmoid } from '../ops/hard-sigmoid.js'
import { hardSwish } from '../ops/hard-swish.js'
import { leakyRelu } from '../ops/leaky-relu.js'
import { logSoftmax } from '../ops/log-softmax.js'
import { mish } from '../ops/mish.js'
import { mul } from '../ops/mul.js'
import { relu } from '../ops/relu.js'
import { selu } from '../ops/selu.js'
import { sigmoid } from '../ops/sigmoid.js'
import { softmax } from '../ops/softmax.js'
import { softplus } from '../ops/softplus.js'
import { softsign } from '../ops/softsign.js'
import { tanh } from '../ops/tanh.js'

type Activation = (x: Value) => Value

/**
 * Activations by Keras' names, with the defaults of `keras.activations`: leakyRelu has slope 0.2 (the layer LeakyReLU
 * of Keras has 0.3), elu has alpha 1, gelu is the exact one (erf). Softmaxes go over classes or channels, axis 1.
 */
export const activations = {
  linear: x => x,
  relu,
  relu6: x => clip(x, 0, 6),
  leakyRelu: x => leakyRelu(x, 0.2),
  elu: x => elu(x),
  selu,
  gelu: x => gelu(x),
  silu: x => mul(x, sigmoid(x)),
  mish,
  sigmoid,
  hardSigmoid: x => hardSigmoid(x, 1 / 6, 0.5),
  hardSwish,
  tanh,
  softplus,
  softsign,
  softmax: x => softmax(x, 1),
  logSoftmax: x => logSoftmax(x, 1),
} satisfies Record<string, Activation>

export type ActivationName = keyof typeof activations

/** Applies an activation by name. */
export function activate(x: Value, name: ActivationName): Value {
  const apply: Activation | undefined = activations[name]
  if (apply) return apply(x)
  const near = didYouMean(name, Object.keys(activations))
  throw new UsageError({
    where: 'activation',
    expected: `one of ${Object.keys(activations).join(', ')}`,
    received: `'${name}'`,
    ...(near ? { fix: `did you mean '${near}'?` } : {}),
  })
}
