import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { type Tensor, tensor } from '../core/tensor.js'
import type { ParameterSpec, StatisticSpec } from '../nn/scope.js'
import { SLOW } from '../optim/lookahead.js'
import { AVERAGE, slotName } from './state-layout.js'

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

/**
 * Parameters and statistics that are evaluated and kept, without the optimizer's memory: averaged where an average is
 * carried along, else Lookahead's slow ones, else as they were trained.
 */
export function evaluatedWeights(weights: WeightMap): WeightMap {
  const evaluated: WeightMap = new Map()
  for (const [name, trained] of weights)
    if (!name.startsWith('optimizer/'))
      evaluated.set(name, weights.get(slotName(AVERAGE, name)) ?? weights.get(slotName(SLOW, name)) ?? trained)
  return evaluated
}

/** Euclidean length. */
export function norm(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!
  return Math.sqrt(sum)
}

/** Whether every element of every weight is a finite number: x - x is 0 for those and NaN otherwise. */
export function allFinite(weights: WeightMap): boolean {
  for (const { data } of weights.values()) {
    let test = 0
    for (let i = 0; i < data.length; i++) test += (data[i] as number) - (data[i] as number)
    if (test !== 0) return false
  }
  return true
}
