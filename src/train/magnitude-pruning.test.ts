import { describe, expect, it } from 'vitest'
import { float32 } from '../core/tensor.js'
import { identity } from '../ops/identity.js'
import { adamW } from '../optim/adam.js'
import { masked } from '../optim/masked.js'
import { muon } from '../optim/muon.js'
import type { Optimizer } from '../optim/optimizer.js'
import { sgd } from '../optim/sgd.js'
import { weightsSha256 } from './checkpoint.js'
import { pruneWeights, smallestWeights, sparsityAt } from './magnitude-pruning.js'
import { tinyPlan, trainTiny } from './testing/tiny-plan.js'
import type { WeightMap } from './weights.js'

describe('sparsityAt', () => {
  const timing = { sparsity: 0.8, begin: 0.1, end: 0.6, everySteps: 10 }
  it('is the cubic of Zhu & Gupta at its steps and nothing between them', () => {
    const steps = Array.from({ length: 100 }, (_, step) => sparsityAt(step, 100, timing))
    const given = steps.flatMap((s, step) => (s === undefined ? [] : [[step, Number(s.toFixed(6))]]))
    // s_t = s_f + (0 - s_f)(1 - (t - t0) / n)³
    expect(given).toEqual([
      [10, 0],
      [20, 0.3904],
      [30, 0.6272],
      [40, 0.7488],
      [50, 0.7936],
      [60, 0.8],
    ])
  })
  it('reaches the full sparsity at its last step, whatever the period', () => {
    expect(sparsityAt(60, 100, { ...timing, everySteps: 1000 })).toBe(0.8)
    expect(sparsityAt(0, 100, { ...timing, begin: 0, end: 0 })).toBe(0.8)
    expect(sparsityAt(99, 100, { ...timing, begin: 1, end: 1 })).toBeUndefined()
    expect(sparsityAt(99, 100, { ...timing, end: 1 })).toBe(0.8)
  })
})

describe('smallestWeights', () => {
  const kernels = new Map([
    ['a', float32([5, -1, 3, -2])],
    ['b', float32([-10, 9, 8, 7])],
  ])
  const rows = (masks: ReadonlyMap<string, { data: ArrayLike<number | bigint> }>) =>
    Object.fromEntries([...masks].map(([name, { data }]) => [name, Array.from(data, Number)]))
  it('of all kernels together, and of each', () => {
    expect(rows(smallestWeights(kernels, 0.5, 'global'))).toEqual({ a: [1, 1, 1, 1], b: [0, 0, 0, 0] })
    expect(rows(smallestWeights(kernels, 0.5, 'per-layer'))).toEqual({ a: [0, 1, 0, 1], b: [0, 0, 1, 1] })
  })
  it('by LAMP, as computed by hand: w² over the squares that are not smaller', () => {
    // a: 25/25, 1/39, 9/34, 4/38; b: 100/100, 81/181, 64/245, 49/294.
    expect(rows(smallestWeights(kernels, 0.5, 'lamp'))).toEqual({ a: [0, 1, 0, 1], b: [0, 0, 1, 1] })
    expect(rows(smallestWeights(kernels, 0.625, 'lamp'))).toEqual({ a: [0, 1, 1, 1], b: [0, 0, 1, 1] })
    const dead = new Map([['a', float32([0, 0, 2])]])
    expect(rows(smallestWeights(dead, 0.4, 'lamp'))).toEqual({ a: [1, 0, 0] })
  })
  it('of equal ones takes as many as are asked for, the first', () => {
    const equal = new Map([['a', float32([1, -1, 1, 1, 0])]])
    expect(rows(smallestWeights(equal, 0.6, 'global'))).toEqual({ a: [1, 1, 0, 0, 1] })
  })
})

const pruning = { sparsity: 0.7, scope: 'global' as const, begin: 0, end: 0.5, everySteps: 2 }
const kernelNames = ['conv2d/kernel', 'dense/kernel', 'dense_1/kernel']

/** Pruned weights that are not 0, and the share that is pruned. */
function maskState(weights: WeightMap) {
  let pruned = 0
  let alive = 0
  let count = 0
  for (const name of kernelNames) {
    const mask = weights.get(`optimizer/pruned/${name}`)!.data as Float32Array
    const values = weights.get(name)!.data as Float32Array
    count += mask.length
    mask.forEach((one, i) => {
      pruned += one
      if (one && values[i] !== 0) alive++
    })
  }
  return { alive, share: pruned / count }
}

const optimizers: Record<string, Optimizer> = {
  'sgd with momentum and decay': sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  adamw: adamW({ learningRate: 0.01 }),
  muon: muon({ learningRate: 0.1 }),
}

describe.each(Object.entries(optimizers))('%s', (_, optimizer) => {
  it('keeps pruned weights at exactly 0 over all later steps', async () => {
    const { weights } = await trainTiny(tinyPlan({ optimizer: masked(optimizer), pruning }))
    const { alive, share } = maskState(weights)
    expect(alive).toBe(0)
    expect(share).toBeCloseTo(0.7, 2)
  })
})

it('shows weights that come back to life without the mask', async () => {
  const plain = sgd({ learningRate: 0.05, momentum: 0.9 })
  // The slot is there and filled, and the update does not look at it.
  const careless: Optimizer = {
    ...plain,
    slots: ['momentum', 'pruned'],
    update(context) {
      const { parameter, slots } = plain.update(context)
      return { parameter, slots: { ...slots, pruned: identity(context.slots.pruned!) } }
    },
  }
  const { weights } = await trainTiny(tinyPlan({ optimizer: careless, pruning }))
  expect(maskState(weights).alive).toBeGreaterThan(100)
})

it('goes on after a break as if there had been none, in the middle of pruning and after it', async () => {
  const plan = () => tinyPlan({ optimizer: masked(adamW({ learningRate: 0.01 })), pruning })
  const whole = await trainTiny(plan())
  for (const maxSteps of [3, 8]) {
    const snapshot = await trainTiny(plan(), { maxSteps })
    expect(snapshot.step).toBe(maxSteps)
    const resumed = await trainTiny(plan(), { snapshot })
    expect(weightsSha256(resumed.weights)).toBe(weightsSha256(whole.weights))
  }
  // Without the masks of the snapshot the second half would prune other weights.
  const snapshot = await trainTiny(plan(), { maxSteps: 8 })
  const forgotten = new Map([...snapshot.weights].filter(([name]) => !name.startsWith('optimizer/pruned/')))
  const resumed = await trainTiny(plan(), { snapshot: { ...snapshot, weights: forgotten } })
  expect(weightsSha256(resumed.weights)).not.toBe(weightsSha256(whole.weights))
})

it('what is pruned stays pruned when more is', () => {
  const weights: WeightMap = new Map([
    ['k', float32([4, -1, 3, -2])],
    ['optimizer/pruned/k', float32([0, 0, 0, 0])],
    ['bias', float32([0.01])],
  ])
  const half = pruneWeights(weights, 0.5, 'global')
  expect(Array.from(half.get('k')!.data, Number)).toEqual([4, 0, 3, 0])
  const more = pruneWeights(half, 0.75, 'global')
  expect(Array.from(more.get('k')!.data, Number)).toEqual([4, 0, 0, 0])
  expect(Array.from(more.get('optimizer/pruned/k')!.data, Number)).toEqual([0, 1, 1, 1])
  expect(more.get('bias')).toBe(weights.get('bias'))
})
