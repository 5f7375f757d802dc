import { UsageError } from '../../core/errors.js'
import { sizeOf } from '../../core/shape.js'
import type { Tensor } from '../../core/tensor.js'
import type { ParameterSpec } from '../../nn/scope.js'
import type { Channel, ChannelGroup, Makers, Slice } from './channel-groups.js'

export type Importance = 'l1' | 'batch-norm' | 'taylor'

export interface ImportanceFacts {
  groups: readonly ChannelGroup[]
  weights: ReadonlyMap<string, Tensor>
  parameters: readonly ParameterSpec[]
  makers: Makers
  /** Gradient of every trainable parameter, one map for each batch: for 'taylor' only. */
  gradients: readonly ReadonlyMap<string, Tensor>[]
}

/** Sum of f(flat index) over a part of a weight. */
function sumOver({ shape }: Tensor, { axis, indices }: Slice, f: (flat: number) => number): number {
  const inner = sizeOf(shape.slice(axis + 1))
  const outer = sizeOf(shape.slice(0, axis))
  let sum = 0
  for (let o = 0; o < outer; o++)
    for (const index of indices) {
      const start = (o * shape[axis]! + index) * inner
      for (let flat = start; flat < start + inner; flat++) sum += f(flat)
    }
  return sum
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length

/**
 * Sum of |w| over every kernel that makes or reads the channel (Li et al. 2017, arXiv 1608.08710, over the whole group
 * as in DepGraph). Each kernel counts in units of its own mean over the group, so that layers can be compared.
 */
function l1({ groups, weights }: ImportanceFacts): number[][] {
  return groups.map(({ channels }) => {
    const kernels = channels[0]!.slices.map(({ weight }) => weights.get(weight)!.shape.length >= 2)
    const columns = kernels.flatMap((isKernel, s) => {
      if (!isKernel) return []
      const norms = channels.map(({ slices }) => {
        const slice = slices[s]!
        const held = weights.get(slice.weight)!
        return sumOver(held, slice, flat => Math.abs(held.data[flat] as number))
      })
      const unit = mean(norms) || 1
      return [norms.map(norm => norm / unit)]
    })
    return channels.map((_, c) => mean(columns.map(column => column[c]!)))
  })
}

/** |gamma| of the batch normalisations that the channel passes (Liu et al. 2017, network slimming, arXiv 1708.06519). */
function batchNorm({ groups, weights, parameters }: ImportanceFacts): number[][] {
  const scales = new Set(parameters.filter(({ role }) => role === 'scale').map(({ name }) => name))
  const scores = groups.map(({ channels }) =>
    channels.map(({ slices }) => {
      const own = slices.filter(({ weight }) => scales.has(weight))
      const sizes = own.map(slice => {
        const held = weights.get(slice.weight)!
        return sumOver(held, slice, flat => Math.abs(held.data[flat] as number))
      })
      // Nothing says how important it is, so it stays.
      return sizes.length ? mean(sizes) : Number.POSITIVE_INFINITY
    }),
  )
  if (scores.flat().some(Number.isFinite)) return scores
  throw new UsageError({
    where: '--importance batch-norm',
    expected: 'a network whose batch normalisations have scales (gamma)',
    received: 'one without',
    fix: '--importance l1 or taylor',
  })
}

/**
 * First-order change of the loss when the channel is set to zero: |Σ w · dL/dw| over the kernels that read it, which is
 * the derivative by a gate on the channel (Molchanov et al. 2019, arXiv 1906.10771); mean over the batches. On the side
 * that makes the channel the sum would vanish before a batch normalisation, which does not mind the kernel's length.
 */
function taylor({ groups, weights, makers, gradients }: ImportanceFacts): number[][] {
  const made = new Set([...makers.values()].map(({ weight, axis }) => `${weight}:${axis}`))
  const reads = ({ weight, axis }: Slice): boolean =>
    axis === (weights.get(weight)!.shape.length === 2 ? 0 : 1) && !made.has(`${weight}:${axis}`)
  const gate = ({ slices }: Channel, gradient: ReadonlyMap<string, Tensor>): number =>
    Math.abs(
      slices.filter(reads).reduce((sum, slice) => {
        const held = weights.get(slice.weight)!
        const dw = gradient.get(slice.weight)
        return dw ? sum + sumOver(held, slice, flat => (held.data[flat] as number) * (dw.data[flat] as number)) : sum
      }, 0),
    )
  return groups.map(({ channels }) => channels.map(channel => mean(gradients.map(batch => gate(channel, batch)))))
}

const measures: Readonly<Record<Importance, (facts: ImportanceFacts) => number[][]>> = {
  l1,
  'batch-norm': batchNorm,
  taylor,
}

/** Importance of every channel of every group; the higher, the more it is needed. */
export const importanceOf = (importance: Importance, facts: ImportanceFacts): number[][] => measures[importance](facts)
