import { describe, expect, it } from 'vitest'
import { type Tensor, tensor } from '../core/tensor.js'
import { conv2d } from '../nn/layers/conv2d.js'
import { dense } from '../nn/layers/dense.js'
import { add, flatten } from '../nn/layers/shape.js'
import { sequential } from '../nn/network.js'
import type { Layer } from '../nn/scope.js'
import { FakeQuantize } from '../ops/fake-quantize.js'
import { roundHalfToEven } from '../ops/round.js'
import { compile } from './compile.js'
import { QUANTIZATION_AWARE, type QuantizationAware } from './fake-quantization.js'
import { buildStep, type StepOptions } from './step-graph.js'
import { StepRunner } from './step-runner.js'
import { SMALL_BATCH, smallInput, smallStep } from './testing/small-step.js'
import { initialWeights, type WeightMap } from './weights.js'

const perTensor: QuantizationAware = { ...QUANTIZATION_AWARE, weights: 'per-tensor' }

/** Loss and gradients of one step from given weights. */
async function stepFrom(layer: Layer, change: (weights: WeightMap) => WeightMap, more: Partial<StepOptions>) {
  const plan = buildStep(smallStep(layer, more))
  const session = await compile(plan.graph, { device: 'cpu', threads: 1 })
  try {
    const weights = change(initialWeights(plan.parameters, plan.statistics, 4))
    const { loss, gradientNorms } = await new StepRunner(session, plan, 3, weights).step(smallInput(0))
    return { loss, norms: [...gradientNorms] }
  } finally {
    await session.release()
  }
}

/** A kernel in steps of its largest magnitude / 64, for each place along `axis` or for all. */
function rounded({ data, shape }: Tensor, axis: 0 | 1 | undefined): Tensor {
  const place = (i: number): number => {
    if (axis === undefined) return 0
    return axis === 1 ? i % shape[1]! : Math.floor(i / (data.length / shape[0]!))
  }
  const values = Array.from(data as Float32Array)
  const steps: number[] = []
  values.forEach((w, i) => {
    steps[place(i)] = Math.max(steps[place(i)] ?? 0, Math.abs(w) / 64)
  })
  return tensor(
    'float32',
    shape,
    Float32Array.from(values, (w, i) => roundHalfToEven(w / steps[place(i)]!) * steps[place(i)]!),
  )
}

const specsOf = (layer: Layer) => {
  const { parameters, statistics } = buildStep(smallStep(layer))
  return [parameters, statistics] as const
}

const matrix = ({ data, shape }: Tensor): number[][] =>
  Array.from({ length: shape[0]! }, (_, row) => [
    ...(data as Float32Array).subarray(row * shape[1]!, (row + 1) * shape[1]!),
  ])
const product = (a: number[][], b: number[][]): number[][] =>
  a.map(row => b[0]!.map((_, column) => row.reduce((sum, value, i) => sum + value * b[i]![column]!, 0)))

/** Two dense layers on the first small batch, what lies between them in 256 steps of its range. */
function lossByHand(weights: WeightMap): number {
  const { images, labels } = smallInput(0)
  const pixels = Array.from({ length: SMALL_BATCH }, (_, i) =>
    [...images.subarray(192 * i, 192 * (i + 1))].map(p => p / 255),
  )
  const between = product(pixels, matrix(weights.get('first/kernel')!))
  const all = between.flat()
  const step = (Math.max(...all, 0) - Math.min(...all, 0)) / 255
  const seen = between.map(row => row.map(x => roundHalfToEven(x / step) * step))
  const logits = product(seen, matrix(weights.get('second/kernel')!))
  const losses = logits.map((row, i) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[labels[i]!]!)
  return losses.reduce((sum, loss) => sum + loss, 0) / SMALL_BATCH
}

const withKernels =
  (change: (kernel: Tensor) => Tensor) =>
  (weights: WeightMap): WeightMap =>
    new Map([...weights].map(([name, held]) => [name, name.endsWith('kernel') ? change(held) : held]))

const linear = sequential([flatten(), dense(3)])

describe('a step that knows of quantisation', () => {
  it.each([
    ['a convolution', sequential([conv2d(3, 8), flatten()]), 0, QUANTIZATION_AWARE],
    ['a dense layer', linear, 1, QUANTIZATION_AWARE],
    ['a dense layer, one scale', linear, undefined, perTensor],
  ] as const)('%s: is the step of its rounded kernels, and images stay bytes', async (_, layer, axis, quantization) => {
    const aware = await stepFrom(layer, weights => weights, { quantizationAware: quantization })
    const plain = await stepFrom(layer, weights => weights, {})
    const known = await stepFrom(
      layer,
      withKernels(kernel => rounded(kernel, axis)),
      {},
    )
    expect(aware.loss).toBeCloseTo(known.loss, 5)
    aware.norms.forEach((norm, i) => {
      expect(norm).toBeCloseTo(known.norms[i]!, 4)
    })
    expect(Math.abs(aware.loss - plain.loss)).toBeGreaterThan(1e-4)
  })

  it('rounds what the next layer reads over the range of the batch', async () => {
    // Weights of the second layer that rounding leaves as they are: a difference comes from the operand alone.
    const layer = sequential([flatten(), dense(8, { name: 'first' }), dense(3, { name: 'second' })])
    const weights = withKernels(kernel => rounded(kernel, 1))
    const aware = await stepFrom(layer, weights, { quantizationAware: QUANTIZATION_AWARE })
    const expected = lossByHand(weights(initialWeights(...specsOf(layer), 4)))
    expect(aware.loss).toBeCloseTo(expected, 5)
    expect(Math.abs((await stepFrom(layer, weights, {})).loss - expected)).toBeGreaterThan(1e-5)
  })

  it('rounds every kernel once and every operand once, but no bias', () => {
    const shared: Layer = (x, scope) => {
      const y = conv2d(4, 3)(x, scope)
      const sum = add([conv2d(4, 1)(y, scope), conv2d(4, 1)(y, scope)])
      return sequential([flatten(), dense(3)])(sum, scope)
    }
    const nodes = buildStep(smallStep(shared, { quantizationAware: QUANTIZATION_AWARE })).graph.nodes
    expect(nodes.filter(({ op }) => op === FakeQuantize)).toHaveLength(4 + 2)
    expect(buildStep(smallStep(shared)).graph.nodes.filter(({ op }) => op === FakeQuantize)).toEqual([])
  })

  it('bears what is 0 everywhere', async () => {
    const zero = withKernels(({ shape }) => tensor('float32', shape))
    const layer = sequential([flatten(), dense(8), dense(3)])
    const { loss, norms } = await stepFrom(layer, zero, { quantizationAware: QUANTIZATION_AWARE })
    expect(loss).toBeCloseTo(Math.log(3), 5)
    expect(norms.every(Number.isFinite)).toBe(true)
  })
})
