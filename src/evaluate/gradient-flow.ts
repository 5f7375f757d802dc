import type { History } from './history.js'
import { median } from './robust.js'

/** Biases and normalisation parameters live on other scales than kernels and say little about flow. */
const NOT_A_KERNEL = /bias|beta|gamma|scale|offset|shift|norm|running|moving/i

/** Euclidean norm over all parameters of each logged step; NaN where one of them is. */
export const globalGradientNorms = (history: History): number[] =>
  history.steps.map(({ gradientNorms }) =>
    Math.sqrt(Object.values(gradientNorms).reduce((sum, norm) => sum + norm * norm, 0)),
  )

export interface GradientFlow {
  /** Median of gradient norm / parameter norm over the kernels of the first and of the last third of the network. */
  early: number
  late: number
  firstKernel: string
  lastKernel: string
}

/**
 * How much gradient reaches the start of the network, over the steps given. Parameters are recorded in the order of
 * the network. Undefined for fewer than four kernels (no depth to vanish in) or fewer than ten steps.
 */
export function gradientFlow(steps: History['steps']): GradientFlow | undefined {
  const kernels = Object.keys(steps[0]?.gradientNorms ?? {}).filter(name => !NOT_A_KERNEL.test(name))
  if (kernels.length < 4 || steps.length < 10) return undefined
  const third = Math.max(1, Math.floor(kernels.length / 3))
  const relative = (names: string[]): number =>
    median(
      steps
        .flatMap(({ gradientNorms, parameterNorms }) => names.map(name => gradientNorms[name]! / parameterNorms[name]!))
        .filter(Number.isFinite),
    )
  return {
    early: relative(kernels.slice(0, third)),
    late: relative(kernels.slice(-third)),
    firstKernel: kernels[0]!,
    lastKernel: kernels[kernels.length - 1]!,
  }
}

/** Largest relative change of a parameter's norm between the first and the last logged step. */
export function parameterMovement(history: History): number {
  const first = history.steps[0]
  const last = history.steps[history.steps.length - 1]
  if (!first || !last || first === last) return Number.NaN
  const changes = Object.entries(first.parameterNorms)
    .filter(([name, norm]) => norm > 0 && Number.isFinite(last.parameterNorms[name]))
    .map(([name, norm]) => Math.abs(last.parameterNorms[name]! / norm - 1))
  return changes.length === 0 ? Number.NaN : Math.max(...changes)
}
