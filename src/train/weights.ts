import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { type Tensor, tensor } from '../core/tensor.js'
import type { ParameterSpec, StatisticSpec } from '../nn/scope.js'

/** Parameters, running statistics and (in a checkpoint) optimizer slots, by name. */
export type WeightMap = Map<string, Tensor>

/** First values: each parameter from a stream of its own, so that adding a layer changes no other layer's start. */
export function initialWeights(
  parameters: readonly ParameterSpec[],
  statistics: readonly StatisticSpec[],
  seed: number,
): WeightMap {
  const weights: WeightMap = new Map()
  for (const { name, shape, initializer } of parameters)
    weights.set(name, tensor('float32', shape, initializer(shape, randomStream(seed, 'initialize', name))))
  for (const { name, shape, initial } of statistics)
    weights.set(name, tensor('float32', shape, new Float32Array(sizeOf(shape)).fill(initial)))
  return weights
}
