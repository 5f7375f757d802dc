import { describe, expect, it } from 'vitest'
import { lowerFor } from '../lower/pipelines.js'
import { conv2d } from '../nn/layers/conv2d.js'
import { dense } from '../nn/layers/dense.js'
import { flatten } from '../nn/layers/shape.js'
import { categoricalCrossentropy } from '../nn/losses/categorical-crossentropy.js'
import { sequential } from '../nn/network.js'
import type { Node } from '../onnx/ir.js'
import { scale } from '../ops/mul.js'
import { muon } from '../optim/muon.js'
import { compile } from './compile.js'
import { LOSS_SCALING } from './loss-scaling.js'
import { buildStep, outsideUpdate, type StepOptions } from './step-graph.js'
import { StepRunner } from './step-runner.js'
import { smallInput, smallStep } from './testing/small-step.js'
import { initialWeights, type WeightMap } from './weights.js'

const SCALE = 'optimizer/loss-scale/state'
const layer = sequential([conv2d(8, 3, { padding: 'same', activation: 'relu' }), flatten(), dense(3)])

async function withRunner<T>(more: Partial<StepOptions>, work: (runner: StepRunner) => Promise<T>): Promise<T> {
  const plan = buildStep(smallStep(layer, more))
  const machine = { device: 'cpu' as const, threads: 1 }
  const session = await compile(plan.graph, machine, { halfProducts: more.lossScaling && outsideUpdate })
  const update = plan.update && (await compile(plan.update, machine))
  try {
    return await work(new StepRunner(session, plan, 3, initialWeights(plan.parameters, plan.statistics, 4), update))
  } finally {
    await session.release()
    await update?.release()
  }
}

async function take(runner: StepRunner, step: number) {
  const { loss, skipped, gradientNorms } = await runner.step(smallInput(step))
  return { loss, skipped, norms: [...gradientNorms], weights: runner.read() }
}

const scaleOf = (weights: WeightMap): number[] => [...(weights.get(SCALE)!.data as Float32Array)]
const withoutScale = (weights: WeightMap) => [...weights].filter(([name]) => name !== SCALE)

describe('loss scaling', () => {
  it.each([1, 2])('leaves a step out whose gradients overflow, and finds a scale that holds (parts: %d)', accumulate =>
    withRunner({ accumulate, lossScaling: { initialScale: 2 ** 24, growthInterval: 3 } }, async runner => {
      const before = runner.read()
      const steps = []
      for (let step = 0; step < 20; step++) steps.push(await take(runner, step))
      const first = steps[0]!
      expect(first.skipped).toBe(true)
      expect(first.norms.every(Number.isFinite)).toBe(false)
      expect(Number.isFinite(first.loss)).toBe(true)
      expect(withoutScale(first.weights)).toEqual(withoutScale(before))
      let [expected, good] = [2 ** 24, 0]
      for (const { skipped, weights } of steps) {
        good = skipped ? 0 : good + 1
        if (skipped) expected /= 2
        else if (good === 3) [expected, good] = [Math.min(expected * 2, 2 ** 24), 0]
        expect(scaleOf(weights)).toEqual([expected, good])
      }
      expect(steps.some(({ skipped }) => !skipped)).toBe(true)
      const last = steps.at(-1)!.weights
      expect(withoutScale(last)).not.toEqual(withoutScale(before))
      for (const [, { data }] of last) expect((data as Float32Array).every(Number.isFinite)).toBe(true)
    }),
  )

  it('changes nothing but rounding', async () => {
    const norms = async (more: Partial<StepOptions>) => withRunner(more, async runner => (await take(runner, 0)).norms)
    const single = await norms({})
    const half = await norms({ lossScaling: { initialScale: 1024, growthInterval: 2000 } })
    half.forEach((norm, i) => {
      expect(Math.abs(norm / single[i]! - 1)).toBeLessThan(2e-3)
    })
    expect(half).not.toEqual(single)
  })

  it('keeps small gradients that float16 alone would lose', async () => {
    // A first scale of 1 is none: gradients of a loss that is nearly 0 lie below the smallest number of float16.
    const tiny = (initialScale: number) =>
      withRunner(
        {
          loss: (logits, targets) => scale(categoricalCrossentropy()(logits, targets), 1e-9),
          lossScaling: { initialScale, growthInterval: 2000 },
        },
        async runner => (await take(runner, 0)).norms,
      )
    // The convolution's kernel: biases are sums and stay float32, and behind the last layer nothing was narrow yet.
    const [[lost], [kept]] = [await tiny(1), await tiny(2 ** 24)]
    expect(lost).toBe(0)
    expect(kept).toBeGreaterThan(0)
  })

  it('leaves the products of an update in float32', () => {
    const { graph } = buildStep(smallStep(layer, { optimizer: muon(), lossScaling: LOSS_SCALING }))
    const narrow = (halfProducts: (node: Node) => boolean): string[] =>
      lowerFor(graph, { device: 'webgpu', blockSize: 0, halfProducts })
        .nodes.filter(({ op, outputs }) => op.name === 'MatMul' && outputs[0]!.dtype === 'float16')
        .map(({ name }) => name)
    const updates = (names: string[]): string[] => names.filter(name => name.startsWith('update/'))
    expect(updates(narrow(outsideUpdate))).toEqual([])
    expect(narrow(outsideUpdate).length).toBeGreaterThan(0)
    // Planted: chosen, they would be narrow.
    expect(updates(narrow(() => true)).length).toBeGreaterThan(0)
  })

  it('goes on from a checkpoint with the same bits', () =>
    withRunner({ lossScaling: { initialScale: 2 ** 24, growthInterval: 3 } }, async runner => {
      for (let step = 0; step < 5; step++) await take(runner, step)
      const saved = runner.read()
      const whole = (await take(runner, 5)).weights
      await take(runner, 6)
      runner.write(saved)
      expect((await take(runner, 5)).weights).toEqual(whole)
      // Planted: without the kept scale the same step ends elsewhere.
      runner.write(new Map(withoutScale(saved)))
      expect(scaleOf((await take(runner, 5)).weights)).not.toEqual(scaleOf(whole))
    }))
})
