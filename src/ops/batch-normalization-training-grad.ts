import type { Value, ValueType } from '../onnx/ir.js'
import { defineOp, type Numbers } from '../onnx/operator.js'
import { add } from './add.js'
import type { BatchNormalizationOptions } from './batch-normalization.js'
import { div } from './div.js'
import { besideChannels, cellsPerChannel, channelOf, perChannel } from './kinds/channels.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul } from './mul.js'
import { reciprocal } from './reciprocal.js'
import { reduceSum } from './reduce-sum.js'
import { reshape } from './reshape.js'
import { sqrt } from './sqrt.js'
import { sub } from './sub.js'

/**
 * The gradient of BatchNormalizationTraining. Inputs x, scale, mean, variance (of the batch), dy; outputs dx, dscale,
 * db. With r = 1/√(variance + epsilon), x̂ = (x - mean) · r, E the mean over all axes but the channels':
 * dx = scale · r · (dy - E[dy] - x̂ · E[dy · x̂]), dscale = Σ dy · x̂, db = Σ dy
 *
 * A composite, because its fast form differs by device and layout.
 */
export const BatchNormalizationTrainingGrad = defineOp({
  name: 'BatchNormalizationTrainingGrad',
  domain: 'fovea',
  attributes: { epsilon: { type: 'float', default: 1e-5 } },
  arity: [5, 5],
  infer({ types }) {
    const [x, weight] = types as [ValueType, ValueType]
    return [x, weight, weight]
  },
  vjp: { unsupported: 'second derivatives of batch normalisation do not exist here; use layer normalisation' },
  evaluate({ inputs, attributes }) {
    const [x, weight, mean, variance, dy] = inputs as readonly Numbers[] as [
      Numbers,
      Numbers,
      Numbers,
      Numbers,
      Numbers,
    ]
    const r = variance.data.map(v => 1 / Math.sqrt(v + (attributes.epsilon as number)))
    const channel = channelOf(x.shape)
    const normalised = x.data.map((v, i) => (v - mean.data[channel(i)]!) * r[channel(i)]!)
    const [dscale, db] = [new Float64Array(r.length), new Float64Array(r.length)]
    dy.data.forEach((flow, i) => {
      dscale[channel(i)]! += flow * normalised[i]!
      db[channel(i)]! += flow
    })
    const n = x.data.length / r.length
    const dx = dy.data.map((flow, i) => {
      const c = channel(i)
      return weight.data[c]! * r[c]! * (flow - db[c]! / n - (normalised[i]! * dscale[c]!) / n)
    })
    return [
      { shape: x.shape, data: dx },
      { shape: weight.shape, data: dscale },
      { shape: weight.shape, data: db },
    ]
  },
  expand({ attributes, name }, inputs) {
    const [x, weight, mean, variance, dy] = inputs as readonly Value[] as [Value, Value, Value, Value, Value]
    const axes = besideChannels(x.shape.length)
    const r = reciprocal(sqrt(add(variance, scalarLike(x, attributes.epsilon as number))))
    const normalised = mul(sub(x, perChannel(mean, x)), perChannel(r, x))
    const db = reduceSum(dy, axes)
    const dscale = reduceSum(mul(dy, normalised), axes)
    const n = scalarLike(x, cellsPerChannel(x, name))
    const pulled = add(div(db, n), mul(normalised, div(dscale, n)))
    const dx = mul(sub(dy, pulled), perChannel(mul(weight, r), x))
    return [dx, reshape(dscale, weight.shape), reshape(db, weight.shape)]
  },
})

export interface BatchNormalizationFlow {
  x: Value
  weight: Value
  mean: Value
  variance: Value
  dy: Value
}

/** [dx, dscale, db] */
export const batchNormalizationTrainingGrad = (
  { x, weight, mean, variance, dy }: BatchNormalizationFlow,
  options: BatchNormalizationOptions = {},
): [Value, Value, Value] =>
  x.graph.addMany(BatchNormalizationTrainingGrad, [x, weight, mean, variance, dy], { ...options }, { outputs: 3 }) as [
    Value,
    Value,
    Value,
  ]
