import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { float32, type Tensor, tensor } from '../../core/tensor.js'
import { type ImageSet, imageSet } from '../../data/image-set.js'
import { Graph, type Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { cast } from '../../ops/cast.js'
import { conv } from '../../ops/conv.js'
import { evaluateGraph } from '../../ops/evaluate-graph.js'
import { matMul } from '../../ops/mat-mul.js'
import { mul } from '../../ops/mul.js'
import { reduceMean } from '../../ops/reduce-mean.js'
import { relu } from '../../ops/relu.js'
import { reshape } from '../../ops/reshape.js'
import { reverse } from '../../ops/slice.js'
import { transpose } from '../../ops/transpose.js'
import { type InputProducts, inputProducts } from './input-products.js'
import { dequantizeWeights, quantizeWeights } from './parameters.js'
import { pixelForm } from './pixels.js'
import { planQuantization, type QuantizationPlan } from './plan.js'
import { prepare } from './prepare.js'
import { roundToOutputs } from './round-to-outputs.js'

const random = (name: string, shape: readonly number[], low = -1, high = 1): Tensor => {
  const stream = randomStream(7, name)
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => stream.uniform(low, high)),
    shape,
  )
}

/** Inputs that go together: each is its neighbour and a little of its own. */
function correlated(K: number, count: number): InputProducts {
  const own = random('inputs', [count, K]).data as Float32Array
  const sums = new Float32Array(K * K)
  for (let n = 0; n < count; n++) {
    const x = new Float64Array(K)
    for (let i = 0; i < K; i++) x[i] = 0.9 * (x[i - 1] ?? 0) + 0.3 * own[n * K + i]!
    for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) sums[i * K + j]! += x[i]! * x[j]!
  }
  return { length: K, sums, count }
}

/** Σ over filters [F, K] of eᵀ H e. */
function outputError(w: Tensor, kept: Tensor, { sums, length: K }: InputProducts): number {
  let sum = 0
  for (let f = 0; f < w.shape[0]!; f++)
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++) {
        const e = (k: number): number => (w.data[f * K + k] as number) - (kept.data[f * K + k] as number)
        sum += e(i) * e(j) * sums[i * K + j]!
      }
  return sum
}

describe('roundToOutputs', () => {
  const w = random('w', [6, 20])
  const nearest = quantizeWeights(w, 0, 'int7')

  it('keeps outputs where inputs go together, and no single step would keep them better', () => {
    const products = correlated(20, 4000)
    const rounded = roundToOutputs(w, 0, nearest, products, 'int7')
    const errorOf = (q: Tensor): number =>
      outputError(w, dequantizeWeights({ q, scales: nearest.scales }, 0, 'int7'), products)
    const error = errorOf(rounded.q)
    expect(error).toBeLessThan(0.5 * errorOf(nearest.q))
    const bestStep = (q: Tensor): number =>
      Math.min(
        ...Array.from(q.data as Int8Array, (value, i) =>
          [-1, 1].map(step => {
            const other = tensor('int8', q.shape)
            other.data.set(q.data as never)
            other.data[i] = Math.max(-64, Math.min(64, value + step))
            return errorOf(other)
          }),
        ).flat(),
      )
    // The products are believed to a share of 4000 / 4020.
    expect(bestStep(rounded.q)).toBeGreaterThan(0.95 * error)
    expect(bestStep(nearest.q)).toBeLessThan(0.95 * errorOf(nearest.q))
    expect(rounded.scales).toBe(nearest.scales)
  })

  it('is the nearest where inputs have nothing to do with each other, and where nothing is known', () => {
    const alone = correlated(20, 400)
    alone.sums.forEach((_, i) => {
      if (i % 21 !== 0) alone.sums[i] = 0
    })
    expect(roundToOutputs(w, 0, nearest, alone, 'int7').q.data).toEqual(nearest.q.data)
    const silent = { length: 20, sums: new Float32Array(400), count: 400 }
    expect(roundToOutputs(w, 0, nearest, silent, 'int7').q.data).toEqual(nearest.q.data)
  })

  it('moves what is turned round in the same way, in every format, and stays in its range', () => {
    const products = correlated(20, 4000)
    const turned = float32(
      Float32Array.from({ length: 120 }, (_, i) => w.data[(i % 6) * 20 + Math.floor(i / 6)] as number),
      [20, 6],
    )
    for (const [format, largest, zero] of [
      ['int7', 64, 0],
      ['int8', 127, 0],
      ['uint8', 127, 128],
    ] as const) {
      const rows = roundToOutputs(w, 0, quantizeWeights(w, 0, format), products, format).q
      const columns = roundToOutputs(turned, 1, quantizeWeights(turned, 1, format), products, format).q
      expect(Array.from(columns.data as Int8Array, (_, i) => columns.data[(i % 20) * 6 + Math.floor(i / 20)])).toEqual(
        Array.from(rows.data as Int8Array),
      )
      const steps = Array.from(rows.data as Int8Array, value => Math.abs(value - zero))
      expect(Math.max(...steps)).toBeLessThanOrEqual(largest)
    }
  })
})

describe('inputProducts', () => {
  const SHAPE = [3, 6, 6] as const
  const COUNT = 12
  const bytes = new Uint8Array(COUNT * sizeOf(SHAPE))
  randomStream(4, 'images').fillBytes(bytes)
  const images = imageSet({
    name: 'noise',
    classNames: ['a', 'b'],
    shape: SHAPE,
    images: bytes,
    labels: Uint8Array.from({ length: COUNT }, (_, i) => i % 2),
  })

  /** Two views of the images through strided, padded, grouped and dense layers. */
  function network(): Graph {
    const graph = new Graph('products')
    const input = graph.input('images', 'uint8', ['N', ...SHAPE])
    const perChannel = (name: string, low: number, high: number): Value =>
      graph.constant(random(name, [1, 3, 1, 1], low, high))
    const x = add(mul(cast(input, 'float32'), perChannel('slope', 0.01, 0.02)), perChannel('shift', -2, -1))
    const weights = new Map<string, Value>()
    const weight = (name: string, shape: readonly number[]): Value => {
      const known = weights.get(name) ?? graph.initializer(name, random(name, shape))
      weights.set(name, known)
      return known
    }
    const view = (image: Value): Value => {
      const first = conv(image, weight('first', [4, 3, 3, 3]), undefined, { pads: [1, 1, 1, 1], strides: [2, 2] })
      const second = conv(relu(first), weight('second', [4, 2, 2, 2]), undefined, { group: 2, pads: [0, 1, 1, 0] })
      const tokens = transpose(reshape(relu(second), ['N', 4, 9]), [0, 2, 1])
      const mixed = matMul(tokens, weight('tokens', [4, 4]))
      const pooled = reduceMean(relu(mixed), [1], false)
      return matMul(pooled, weight('dense', [4, 2]))
    }
    graph.output(add(view(x), view(reverse(x, [3]))), 'probabilities')
    return graph
  }

  async function productsOf(plan: QuantizationPlan, set: ImageSet): Promise<Map<Value, InputProducts>> {
    const found = new Map<Value, InputProducts>()
    for await (const [layer, products] of inputProducts(plan, set, { threads: 1 })) found.set(layer.weight, products)
    return found
  }

  it('are the sums of products of what each filter is multiplied with', async () => {
    const plan = planQuantization(prepare(network()))
    const found = await productsOf(plan, images)
    expect(plan.layers.map(layer => [layer.name, found.get(layer.weight)!.length])).toEqual([
      ['first', 27],
      ['second', 8],
      ['tokens', 4],
      ['dense', 4],
    ])
    const values = evaluateGraph(plan.graph, { images: { shape: [COUNT, ...SHAPE], data: Float64Array.from(bytes) } })
    for (const layer of plan.layers) {
      const { length: K, sums, count } = found.get(layer.weight)!
      const filters = layer.weight.shape[layer.axis] as number
      const w = layer.weight.constant!.data
      const outputs = layer.nodes.map(node => {
        if (layer.name !== 'first') return values.get(node.outputs[0]!)!
        const probe = new Graph('of pixels')
        const x = probe.input('x', 'float32', [COUNT, ...SHAPE])
        const read = pixelForm(plan.pixels!).numbers(x)
        const y = probe.add(node.op, [read, probe.constant(layer.weight.constant!)], node.attributes)
        probe.output(y, 'y')
        return evaluateGraph(probe, { x: values.get(node.inputs[0]!)! }).get(y)!
      })
      // Of one filter w over all images and places: Σ y² = wᵀ H w.
      for (const f of [0, filters - 1]) {
        const group = Math.floor((f * sums.length) / (K * K) / filters)
        const at = (i: number): number => w[layer.axis === 0 ? f * K + i : i * filters + f] as number
        let [wanted, vectors, sum] = [0, 0, 0]
        for (const { shape, data } of outputs) {
          // [N, filters, height, width], or [N, ..., units].
          const inner = shape.length === 4 ? sizeOf(shape.slice(2)) : 1
          vectors += data.length / filters
          data.forEach((value, i) => {
            if (Math.floor(i / inner) % filters === f) wanted += value ** 2
          })
        }
        for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) sum += at(i) * at(j) * sums[(group * K + i) * K + j]!
        expect(sum / wanted, layer.name).toBeCloseTo(1, 4)
        expect(count).toBe(vectors)
      }
    }
  })

  it('know nothing of a layer with more inputs than there are vectors', async () => {
    const plan = planQuantization(prepare(network()))
    const few = { ...images, count: 1, images: bytes.slice(0, sizeOf(SHAPE)), labels: images.labels.slice(0, 1) }
    const found = await productsOf(plan, few)
    expect(plan.layers.filter(({ weight }) => found.has(weight)).map(({ name }) => name)).toEqual(['second', 'tokens'])
  })
})
