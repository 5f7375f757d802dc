import { FoveaError } from '../core/errors.js'
import { formatShape } from '../core/shape.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { defineOp, type Numbers } from '../onnx/operator.js'
import { add } from './add.js'
import { type BatchNormalizationOptions, normalise } from './batch-normalization.js'
import { batchNormalizationTrainingGrad } from './batch-normalization-training-grad.js'
import { div } from './div.js'
import { expand } from './expand.js'
import { besideChannels, cellsPerChannel, channelOf, perChannel } from './kinds/channels.js'
import { reduceNumbers } from './kinds/reduction.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul, scale } from './mul.js'
import { reciprocal } from './reciprocal.js'
import { reduceMean } from './reduce-mean.js'
import { reshape } from './reshape.js'
import { sqrt } from './sqrt.js'
import { sub } from './sub.js'

/** Refuses vectors that are not [C] for x [N, C, ...]. */
export function checkChannels(x: ValueType, vectors: readonly (ValueType | undefined)[], where: string): void {
  const C = x.shape[1]
  for (const vector of vectors)
    if (x.shape.length < 2 || vector?.shape.length !== 1 || vector.shape[0] !== C)
      throw new FoveaError({
        where,
        expected: `one number per channel of ${formatShape(x.shape)}`,
        received: formatShape(vector?.shape ?? []),
      })
}

/** Mean and population variance of each channel. */
export function batchStatistics(x: Numbers): { mean: Numbers; variance: Numbers } {
  const axes = besideChannels(x.shape.length)
  const average = (values: Float64Array): number => values.reduce((sum, v) => sum + v, 0) / values.length
  const mean = reduceNumbers(x, axes, [x.shape[1]!], average)
  const channel = channelOf(x.shape)
  const squares = { shape: x.shape, data: x.data.map((v, i) => (v - mean.data[channel(i)]!) ** 2) }
  return { mean, variance: reduceNumbers(squares, axes, [x.shape[1]!], average) }
}

/**
 * y = scale · (x - mean) / √(variance + epsilon) + b with mean and variance of this batch, which are the two further
 * outputs (per channel, the variance ÷ n) for running averages. Ioffe & Szegedy 2015.
 * dx, dscale, db = BatchNormalizationTrainingGrad(x, scale, mean, variance, dy); where a loss uses the statistics
 * themselves, with n numbers per channel: dx += dmean / n + dvariance · 2 · (x - mean) / n
 *
 * A composite, because ONNX Runtime's CPU build does not run BatchNormalization in training mode. The variance is
 * computed in two passes: E[x²] - E[x]² loses all digits where the mean is large.
 */
export const BatchNormalizationTraining = defineOp({
  name: 'BatchNormalizationTraining',
  domain: 'fovea',
  attributes: { epsilon: { type: 'float', default: 1e-5 } },
  arity: [3, 3],
  infer({ types, where, outputCount }) {
    const [x, weight, b] = types as [ValueType, ValueType, ValueType]
    checkChannels(x, [weight, b], where)
    if (outputCount !== 3)
      throw new FoveaError({ where, expected: '3 outputs: y, mean, variance', received: String(outputCount) })
    return [x, weight, weight]
  },
  vjp: ({ inputs: [x, weight], outputs: [, mean, variance], attributes, gradients: [dy, dmean, dvariance], needs }) =>
    trainingGradients(
      { x, weight, mean, variance, dy, dmean, dvariance },
      { epsilon: attributes.epsilon as number },
      needs(0),
    ),
  evaluate({ inputs: [x, weight, b], attributes }) {
    const { mean, variance } = batchStatistics(x)
    return [normalise(x, weight, b, mean, variance, attributes.epsilon as number), mean, variance]
  },
  expand({ attributes }, [x, weight, b]) {
    const axes = besideChannels(x.shape.length)
    const mean = reduceMean(x, axes)
    const centred = sub(x, mean)
    const variance = reduceMean(mul(centred, centred), axes)
    const r = reciprocal(sqrt(add(variance, scalarLike(x, attributes.epsilon as number))))
    const y = add(mul(centred, mul(perChannel(weight, x), r)), perChannel(b, x))
    return [y, reshape(mean, weight.shape), reshape(variance, weight.shape)]
  },
})

/** What flows into the three outputs, and what the gradient needs to know of them. */
interface TrainingFlow {
  x: Value
  weight: Value
  mean: Value
  variance: Value
  dy: Value | undefined
  dmean: Value | undefined
  dvariance: Value | undefined
}

/** dx, dscale and db of a batch's normalisation, from whichever outputs a gradient flows in. */
export function trainingGradients(
  { x, weight, mean, variance, dy, dmean, dvariance }: TrainingFlow,
  options: BatchNormalizationOptions,
  needsX: boolean,
): (Value | undefined)[] {
  const [dx, dscale, db] = dy ? batchNormalizationTrainingGrad({ x, weight, mean, variance, dy }, options) : []
  if (!needsX) return [undefined, dscale, db]
  const share = (flow: Value): Value =>
    perChannel(div(flow, scalarLike(x, cellsPerChannel(x, 'BatchNormalization'))), x)
  const throughMean = dmean && expand(share(dmean), x.shape as number[])
  const throughVariance = dvariance && mul(sub(x, perChannel(mean, x)), share(scale(dvariance, 2)))
  const terms = [dx, throughMean, throughVariance].filter(term => term !== undefined)
  return [terms.length ? terms.reduce(add) : undefined, dscale, db]
}

/** [y, mean, variance] */
export const batchNormalizationTraining = (
  x: Value,
  weight: Value,
  b: Value,
  options: BatchNormalizationOptions = {},
): [Value, Value, Value] =>
  x.graph.addMany(BatchNormalizationTraining, [x, weight, b], { ...options }, { outputs: 3 }) as [Value, Value, Value]
