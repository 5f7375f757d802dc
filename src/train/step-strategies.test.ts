import { describe, expect, it } from 'vitest'
import { batchNormalization } from '../nn/layers/batch-normalization.js'
import { conv2d } from '../nn/layers/conv2d.js'
import { dense } from '../nn/layers/dense.js'
import { dropout } from '../nn/layers/dropout.js'
import { maxPooling2d } from '../nn/layers/pooling.js'
import { flatten } from '../nn/layers/shape.js'
import { sequential } from '../nn/network.js'
import type { Node, Value } from '../onnx/ir.js'
import { ema } from '../optim/averaging.js'
import { lookahead } from '../optim/lookahead.js'
import { sgd } from '../optim/sgd.js'
import { compile } from './compile.js'
import { buildStep, type StepOptions } from './step-graph.js'
import { type StepInput, StepRunner } from './step-runner.js'
import { SMALL_BATCH, smallInput, smallStep } from './testing/small-step.js'
import { evaluatedWeights, initialWeights, type WeightMap } from './weights.js'

const plain = sequential([
  conv2d(8, 3, { padding: 'same', activation: 'relu' }),
  conv2d(16, 3, { padding: 'same', activation: 'relu' }),
  maxPooling2d(2),
  dropout(0.25),
  conv2d(16, 3, { padding: 'same', activation: 'relu' }),
  conv2d(16, 3, { padding: 'same', activation: 'relu' }),
  flatten(),
  dense(3),
])
const normalized = sequential([conv2d(8, 3, { padding: 'same' }), batchNormalization(), flatten(), dense(3)])

const options = (more: Partial<StepOptions> = {}): StepOptions => smallStep(plain, more)

/** Weights after each of `steps` steps, slots and averages included, and the losses. */
async function run(given: StepOptions, steps: number, more: (step: number) => Partial<StepInput> = () => ({})) {
  const plan = buildStep(given)
  const machine = { device: 'cpu' as const, threads: 1 }
  const session = await compile(plan.graph, machine)
  const update = plan.update && (await compile(plan.update, machine))
  const runner = new StepRunner(session, plan, 3, initialWeights(plan.parameters, plan.statistics, 4), update)
  const weights: WeightMap[] = [runner.read()]
  const results: { loss: number; correct: number; norms: number[] }[] = []
  for (let step = 0; step < steps; step++) {
    const { loss, correct, gradientNorms } = await runner.step(smallInput(step, more(step)))
    results.push({ loss, correct, norms: [...gradientNorms] })
    const read = runner.read()
    for (const [name, { data }] of read) expect(runner.peek(name)).toEqual(data)
    weights.push(read)
  }
  await session.release()
  await update?.release()
  return { plan, weights, results }
}

const numbers = (weights: WeightMap, wanted: (name: string) => boolean = () => true): number[] =>
  [...weights].filter(([name]) => wanted(name)).flatMap(([, { data }]) => Array.from(data as Float32Array))
const trained = (name: string): boolean => !name.startsWith('optimizer/')
const distance = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? Math.max(...a.map((x, i) => Math.abs(x - b[i]!))) : Number.POSITIVE_INFINITY

describe('accumulation', () => {
  const plainSgd = options({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), clipNorm: 0.5 })

  it('in parts gives the numbers of the whole batch, dropout, clipping and norms included', async () => {
    const [whole, parts] = [await run(plainSgd, 3), await run({ ...plainSgd, accumulate: 4 }, 3)]
    expect(parts.plan.graph.inputs[0]!.shape).toEqual([2, 3, 8, 8])
    expect(distance(numbers(parts.weights.at(-1)!), numbers(whole.weights.at(-1)!))).toBeLessThan(2e-6)
    parts.results.forEach(({ loss, correct, norms }, i) => {
      expect(loss).toBeCloseTo(whole.results[i]!.loss, 5)
      expect(correct).toBe(whole.results[i]!.correct)
      expect(distance(norms, whole.results[i]!.norms)).toBeLessThan(1e-5)
    })
    // Planted: labels of the last part that belong to another step must show.
    const wrong = await run({ ...plainSgd, accumulate: 4 }, 3, step => {
      const { labels } = smallInput(step)
      labels[SMALL_BATCH - 1] = (labels[SMALL_BATCH - 1]! + 1) % 3
      return { labels }
    })
    expect(distance(numbers(wrong.weights.at(-1)!), numbers(whole.weights.at(-1)!))).toBeGreaterThan(1e-4)
  })

  it('refuses parts that are not equal', () => {
    expect(() => buildStep(options({ accumulate: 3 }))).toThrow(
      'accumulate: expected a number of equal parts of a batch of 8, received 3. Fix: choose a batch size that it divides',
    )
  })
})

describe('activation checkpointing', () => {
  it('computes segments again and gives the same bits', async () => {
    const [kept, again] = [await run(options(), 3), await run(options({ recomputeSegments: 3 }), 3)]
    expect(numbers(again.weights.at(-1)!)).toEqual(numbers(kept.weights.at(-1)!))
    expect(again.results).toEqual(kept.results)
  })

  it('lets no recomputation start before the gradients behind its segment are there', () => {
    const { graph } = buildStep(options({ recomputeSegments: 3 }))
    const copies = graph.nodes.filter(({ op, name }) => op.name === 'Conv' && name.startsWith('gradient/'))
    expect(copies.length).toBeGreaterThanOrEqual(2)
    expect(buildStep(options()).graph.nodes.some(n => n.op.name === 'Conv' && n.name.startsWith('gradient/'))).toBe(
      false,
    )
    const ancestors = (node: Node, seen = new Set<Value>()): Set<Value> => {
      for (const input of node.inputs)
        if (input && !seen.has(input)) {
          seen.add(input)
          if (input.producer) ancestors(input.producer, seen)
        }
      return seen
    }
    const waitsFor = (node: Node): boolean => [...ancestors(node)].some(({ producer }) => producer?.op.name === 'Less')
    for (const copy of copies) expect(waitsFor(copy), copy.name).toBe(true)
    // Planted: the forward pass itself waits for nothing.
    expect(waitsFor(graph.nodes.find(({ op }) => op.name === 'Conv')!)).toBe(false)
  })

  it('works with batch statistics and in parts', async () => {
    const layer = sequential([
      conv2d(8, 3, { padding: 'same', useBias: false }),
      batchNormalization(),
      conv2d(8, 3, { padding: 'same', activation: 'relu' }),
      batchNormalization(),
      flatten(),
      dense(3),
    ])
    const both = options({ layer, accumulate: 2 })
    const [kept, again] = [await run(both, 2), await run({ ...both, recomputeSegments: 3 }, 2)]
    expect(numbers(again.weights.at(-1)!)).toEqual(numbers(kept.weights.at(-1)!))
  })
})

describe('averaged weights', () => {
  const progress = (step: number) => ({ step, totalSteps: 4, stepsPerEpoch: 2 })

  it.each([1, 2])('follow the trained ones, running statistics too, in %i parts', async accumulate => {
    const averaging = ema({ decay: 0.5, warmUp: false })
    const factors = (step: number) => ({ averaging: averaging.factors(progress(step)) })
    const { weights } = await run(options({ layer: normalized, averaged: true, accumulate }), 4, factors)
    const expected = numbers(weights[0]!, trained)
    for (const after of weights.slice(1))
      numbers(after, trained).forEach((w, i) => {
        expected[i] = 0.5 * expected[i]! + 0.5 * w
      })
    const ours = numbers(evaluatedWeights(weights.at(-1)!))
    expect(distance(ours, expected)).toBeLessThan(1e-6)
    // Planted: the weights themselves are something else.
    expect(distance(numbers(weights.at(-1)!, trained), expected)).toBeGreaterThan(1e-3)
  })

  it('do not change what is trained', async () => {
    const without = await run(options({ layer: normalized }), 2)
    const beside = await run(options({ layer: normalized, averaged: true }), 2, step => ({
      averaging: ema().factors(progress(step)),
    }))
    expect(numbers(beside.weights.at(-1)!, trained)).toEqual(numbers(without.weights.at(-1)!, trained))
  })
})

describe('lookahead', () => {
  it('pulls the slow weights after k steps and goes on from there', async () => {
    const [k, alpha] = [2, 0.3]
    const inner = sgd({ learningRate: 0.1 })
    const fast = await run(options({ optimizer: inner }), k)
    const { weights } = await run(options({ optimizer: lookahead(inner, { steps: k, alpha }) }), k + 1)
    expect(numbers(weights[1]!, trained)).toEqual(numbers(fast.weights[1]!, trained))
    expect(numbers(evaluatedWeights(weights[1]!))).toEqual(numbers(weights[0]!, trained))
    const start = numbers(weights[0]!, trained)
    const expected = numbers(fast.weights[k]!, trained).map((w, i) => start[i]! + alpha * (w - start[i]!))
    expect(distance(numbers(weights[k]!, trained), expected)).toBeLessThan(1e-6)
    expect(numbers(evaluatedWeights(weights[k]!))).toEqual(numbers(weights[k]!, trained))
    // Planted: a pull of another length must show.
    const other = numbers(fast.weights[k]!, trained).map((w, i) => start[i]! + 0.4 * (w - start[i]!))
    expect(distance(numbers(weights[k]!, trained), other)).toBeGreaterThan(1e-4)
    expect(numbers(weights[k + 1]!, trained)).not.toEqual(numbers(weights[k]!, trained))
  })
})

describe('mixed labels', () => {
  const still = options({ optimizer: sgd({ learningRate: 1e-30 }), classWeights: [1, 2, 0.5] })
  const other = Int32Array.from({ length: SMALL_BATCH }, (_, i) => (2 * i) % 3)
  const shares = (share: number) => new Float32Array(SMALL_BATCH).fill(share)
  const first = async (given: StepOptions, more: Partial<StepInput>) => (await run(given, 1, () => more)).results[0]!

  it('all of one share are that label alone', async () => {
    const own = await first(still, {})
    const mixed = await first({ ...still, mixedLabels: true }, { mixed: { labels: other, shares: shares(1) } })
    expect(mixed).toEqual(own)
    const theirs = await first({ ...still, mixedLabels: true }, { mixed: { labels: other, shares: shares(0) } })
    expect(theirs).toEqual(await first(still, { labels: other }))
    expect(theirs.loss).not.toBe(own.loss)
  })

  it('give the loss and the hits of both labels in their shares', async () => {
    const unweighted = { ...still, classWeights: undefined }
    const [own, theirs] = [await first(unweighted, {}), await first(unweighted, { labels: other })]
    const mixed = await first({ ...unweighted, mixedLabels: true }, { mixed: { labels: other, shares: shares(0.7) } })
    expect(mixed.loss).toBeCloseTo(0.7 * own.loss + 0.3 * theirs.loss, 6)
    expect(mixed.correct).toBeCloseTo(0.7 * own.correct + 0.3 * theirs.correct, 5)
    // Planted: the shares the other way round.
    expect(Math.abs(mixed.loss - 0.3 * own.loss - 0.7 * theirs.loss)).toBeGreaterThan(1e-3)
  })
})
