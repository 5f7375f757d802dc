import { type Tensor, tensor } from '../core/tensor.js'
import { PRUNED_SLOT } from '../optim/masked.js'
import type { Stepper } from './fit-host.js'
import type { PruningData } from './recipe.js'
import { slotName } from './state-layout.js'
import type { StepInput, StepResult } from './step-runner.js'
import type { WeightMap } from './weights.js'

type Timing = Pick<PruningData, 'sparsity' | 'begin' | 'end' | 'everySteps'>

const SLOT_PREFIX = slotName(PRUNED_SLOT, '')

/**
 * Sparsity before step `step` (counted from 0): s = S · (1 - (1 - t)³) with t from 0 at `begin` to 1 at `end` (Zhu & Gupta
 * 2017, arXiv 1710.01878): many weights early, while the network can still recover, few late. Undefined: nothing is
 * pruned at this step.
 */
export function sparsityAt(
  step: number,
  totalSteps: number,
  { sparsity, begin, end, everySteps }: Timing,
): number | undefined {
  const first = Math.floor(begin * totalSteps)
  const last = Math.max(first, Math.min(totalSteps - 1, Math.floor(end * totalSteps)))
  if (step < first || step > last || (step !== last && (step - first) % everySteps !== 0)) return undefined
  const t = last === first ? 1 : (step - first) / (last - first)
  return sparsity * (1 - (1 - t) ** 3)
}

/**
 * The smallest weights of the given kernels: 1 where a weight goes, 0 where it stays. Exactly round(sparsity · count) go,
 * of all kernels together (by magnitude, or by LAMP's score) or of each; of equal ones the first. A weight that is 0
 * already is among the smallest, so what was pruned stays pruned.
 */
export function smallestWeights(
  kernels: ReadonlyMap<string, Tensor>,
  sparsity: number,
  scope: PruningData['scope'],
): Map<string, Tensor> {
  if (scope === 'per-layer')
    return new Map(
      [...kernels].map(([name, { data, shape }]) => [
        name,
        tensor('float32', shape, smallest(data as Float32Array, sparsity)),
      ]),
    )
  const scored = scope === 'lamp' ? new Map([...kernels].map(([name, kernel]) => [name, lampScores(kernel)])) : kernels
  const whole = new Float32Array([...kernels.values()].reduce((sum, { data }) => sum + data.length, 0))
  let at = 0
  for (const { data } of scored.values()) {
    whole.set(data as Float32Array, at)
    at += data.length
  }
  const chosen = smallest(whole, sparsity)
  at = 0
  return new Map(
    [...kernels].map(([name, { data, shape }]) => {
      const part = chosen.slice(at, at + data.length)
      at += data.length
      return [name, tensor('float32', shape, part)]
    }),
  )
}

/**
 * w² over the sum of all squares in its kernel that are not smaller (LAMP: Lee et al. 2021, arXiv 2010.15525): what is left
 * of a small layer counts for more, so that no layer is pruned away for the scale of its weights.
 */
function lampScores({ shape, data }: Tensor): Tensor {
  const weights = data as Float32Array
  const scores = new Float32Array(weights.length)
  const order = Uint32Array.from(weights, (_, i) => i).sort((a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!))
  let sum = 0
  for (const i of order) {
    sum += weights[i]! ** 2
    scores[i] = sum > 0 ? weights[i]! ** 2 / sum : 0
  }
  return tensor('float32', shape, scores)
}

function smallest(values: Float32Array, sparsity: number): Float32Array {
  const count = Math.round(sparsity * values.length)
  const chosen = new Float32Array(values.length)
  if (count === 0) return chosen
  const sizes = values.map(Math.abs)
  const threshold = sizes.slice().sort()[count - 1]!
  let below = 0
  for (const size of sizes) if (size < threshold) below++
  let equal = count - below
  sizes.forEach((size, i) => {
    if (size < threshold || (size === threshold && equal-- > 0)) chosen[i] = 1
  })
  return chosen
}

/** Weights with the smallest ones at 0 and noted as pruned: in every kernel that has the slot. */
export function pruneWeights(weights: WeightMap, sparsity: number, scope: PruningData['scope']): WeightMap {
  const names = [...weights.keys()].flatMap(name =>
    name.startsWith(SLOT_PREFIX) ? [name.slice(SLOT_PREFIX.length)] : [],
  )
  const masks = smallestWeights(new Map(names.map(name => [name, weights.get(name)!])), sparsity, scope)
  const pruned: WeightMap = new Map(weights)
  for (const [name, mask] of masks) {
    const held = weights.get(name)!
    pruned.set(
      name,
      tensor(
        'float32',
        held.shape,
        (held.data as Float32Array).map((w, i) => (mask.data[i] ? 0 : w)),
      ),
    )
    pruned.set(SLOT_PREFIX + name, mask)
  }
  return pruned
}

/**
 * Prunes between steps. The mask is state of the step graph, which keeps pruned weights at 0, and which steps prune
 * depends on their number alone: a resumed run prunes as if it had never stopped.
 */
export class PruningStepper implements Stepper {
  constructor(
    private readonly inner: Stepper,
    private readonly pruning: PruningData,
    private readonly totalSteps: number,
  ) {}

  step(input: StepInput): Promise<StepResult> {
    const sparsity = sparsityAt(input.step, this.totalSteps, this.pruning)
    if (sparsity !== undefined) this.write(pruneWeights(this.read(), sparsity, this.pruning.scope))
    return this.inner.step(input)
  }

  read(): WeightMap {
    return this.inner.read()
  }

  peek(name: string): Float32Array {
    return this.inner.peek(name)
  }

  write(weights: WeightMap): void {
    this.inner.write(weights)
  }
}
