import type { Value, ValueType } from '../onnx/ir.js'
import { type Attributes, defineOp, type Numbers, type VjpContext } from '../onnx/operator.js'
import { add } from './add.js'
import {
  batchNormalizationTraining,
  batchStatistics,
  checkChannels,
  trainingGradients,
} from './batch-normalization-training.js'
import { besideChannels, channelOf, perChannel } from './kinds/channels.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul, scale } from './mul.js'
import { reciprocal } from './reciprocal.js'
import { reduceSum } from './reduce-sum.js'
import { sqrt } from './sqrt.js'
import { sub } from './sub.js'

/**
 * y = scale · (x - mean) / √(var + epsilon) + b, one scale, b, mean and var per channel of x [N, C, ...].
 *
 * Inference (training_mode 0): mean and var are the running ones, given. With r = 1/√(var + epsilon) and
 * x̂ = (x - mean) · r, sums over all axes but the channels':
 * dx = dy · scale · r, db = Σ dy, dscale = Σ dy · x̂, dmean = -scale · r · db, dvar = -½ · scale · r² · dscale
 *
 * Training (training_mode 1): mean and var of this batch, and two more outputs, running = old · momentum + batch ·
 * (1 - momentum). The variance is the population's (÷ n), as ONNX says; PyTorch's running variance is the sample's
 * (÷ (n - 1)), Keras' the population's. Gradient: see BatchNormalizationTraining, which layers use in place of this
 * mode, because ONNX Runtime's CPU build does not run it.
 */
export const BatchNormalization = defineOp({
  name: 'BatchNormalization',
  domain: '',
  attributes: {
    epsilon: { type: 'float', default: 1e-5 },
    momentum: { type: 'float', default: 0.9 },
    training_mode: { type: 'int', default: 0 },
  },
  arity: [5, 5],
  infer({ types, attributes, where }) {
    const [x, ...vectors] = types as ValueType[]
    checkChannels(x!, vectors, where)
    return attributes.training_mode ? [x!, vectors[2]!, vectors[3]!] : [x!]
  },
  vjp(context) {
    if (context.attributes.training_mode) return trainingVjp(context)
    const { inputs, attributes, gradients, needs } = context
    const [x, weight, b, mean, variance] = inputs as readonly Value[] as [Value, Value, Value, Value, Value]
    const [dy] = gradients
    const axes = besideChannels(x.shape.length)
    const r = reciprocal(sqrt(add(variance, scalarLike(x, attributes.epsilon as number))))
    const slope = mul(weight, r)
    const db = needs(2) || needs(3) ? reduceSum(dy, axes, false) : undefined
    const normalised = (): Value => mul(sub(x, perChannel(mean, x)), perChannel(r, x))
    const dscale = needs(1) || needs(4) ? reduceSum(mul(dy, normalised()), axes, false) : undefined
    return [
      needs(0) ? mul(dy, perChannel(slope, x)) : undefined,
      needs(1) ? dscale : undefined,
      b && needs(2) ? db : undefined,
      needs(3) ? scale(mul(slope, db!), -1) : undefined,
      needs(4) ? scale(mul(mul(slope, r), dscale!), -0.5) : undefined,
    ]
  },
  evaluate({ inputs, attributes }) {
    const [x, weight, b, mean, variance] = inputs as readonly Numbers[] as [Numbers, Numbers, Numbers, Numbers, Numbers]
    const { epsilon, momentum, training_mode } = attributes as Record<'epsilon' | 'momentum' | 'training_mode', number>
    if (!training_mode) return [normalise(x, weight, b, mean, variance, epsilon)]
    const batch = batchStatistics(x)
    const running = (old: Numbers, now: Numbers): Numbers => ({
      shape: old.shape,
      data: old.data.map((v, c) => v * momentum + now.data[c]! * (1 - momentum)),
    })
    return [
      normalise(x, weight, b, batch.mean, batch.variance, epsilon),
      running(mean, batch.mean),
      running(variance, batch.variance),
    ]
  },
})

function trainingVjp({ inputs: [x, weight, b], attributes, gradients, needs }: VjpContext): (Value | undefined)[] {
  const { epsilon, momentum } = attributes as { epsilon: number; momentum: number }
  const [dy, drunningMean, drunningVariance] = gradients
  const [, mean, variance] = batchNormalizationTraining(x, weight, b, { epsilon })
  const [dmean, dvariance] = [drunningMean, drunningVariance].map(flow => flow && scale(flow, 1 - momentum))
  const old = [drunningMean, drunningVariance].map(flow => flow && scale(flow, momentum))
  return [...trainingGradients({ x, weight, mean, variance, dy, dmean, dvariance }, { epsilon }, needs(0)), ...old]
}

/** The formula of y, for given statistics. */
export function normalise(
  x: Numbers,
  weight: Numbers,
  b: Numbers,
  mean: Numbers,
  variance: Numbers,
  epsilon: number,
): Numbers {
  const channel = channelOf(x.shape)
  return {
    shape: x.shape,
    data: x.data.map((v, i) => {
      const c = channel(i)
      return (weight.data[c]! * (v - mean.data[c]!)) / Math.sqrt(variance.data[c]! + epsilon) + b.data[c]!
    }),
  }
}

export interface BatchNormalizationOptions {
  epsilon?: number
}

/** Inference: normalises with the statistics given. */
export const batchNormalization = (
  x: Value,
  weight: Value,
  b: Value,
  mean: Value,
  variance: Value,
  options: BatchNormalizationOptions = {},
): Value => x.graph.add(BatchNormalization, [x, weight, b, mean, variance], { ...options } satisfies Attributes)
