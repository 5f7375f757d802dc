import { describe, expect, it } from 'vitest'
import type { Classifier } from '../../classifier/classifier.js'
import { classifierOf } from '../../classifier/load.js'
import { predict } from '../../classifier/predict.js'
import { randomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { tensor } from '../../core/tensor.js'
import { imageSet } from '../../data/image-set.js'
import { Graph, type Value } from '../../onnx/ir.js'
import { encodeModel } from '../../onnx/protobuf/index.js'
import { verifyGraph } from '../../onnx/verify.js'
import { add } from '../../ops/add.js'
import { cast } from '../../ops/cast.js'
import { conv } from '../../ops/conv.js'
import { evaluateGraph } from '../../ops/evaluate-graph.js'
import { flatten } from '../../ops/flatten.js'
import { globalAveragePool } from '../../ops/global-average-pool.js'
import { maxPool } from '../../ops/max-pool.js'
import { scale } from '../../ops/mul.js'
import { relu } from '../../ops/relu.js'
import { sigmoid } from '../../ops/sigmoid.js'
import { softmax } from '../../ops/softmax.js'
import { calibrate } from './calibrate.js'
import { equalize } from './equalize.js'
import { largestAlong } from './parameters.js'
import { layersOf, planQuantization } from './plan.js'
import { quantizeClassifier } from './quantize.js'
import { signalToErrorDb } from './sensitivity.js'
import { writeQdq } from './write-qdq.js'

type Parts = { x: Value; w: (name: string, shape: readonly number[]) => Value }

/** Channels of very different size, one of them dead. */
const sizes = [1, 0.01, 30, 0]

function graphOf(build: (parts: Parts) => Value): Graph {
  const graph = new Graph('pairs')
  const held = new Map<string, Value>()
  const w: Parts['w'] = (name, shape) => {
    const stream = randomStream(2, name)
    const per = sizeOf(shape) / shape[0]!
    const data = Float32Array.from(
      { length: sizeOf(shape) },
      (_, i) => sizes[Math.floor(i / per) % 4]! * stream.normal(),
    )
    const value = held.get(name) ?? graph.initializer(name, tensor('float32', shape, data))
    held.set(name, value)
    return value
  }
  graph.output(build({ x: graph.input('x', 'float32', [2, 3, 8, 8]), w }), 'y')
  return graph
}

const data = Float64Array.from({ length: 2 * 3 * 64 }, (_, i) => Math.sin(3 * i))
const answers = (graph: Graph): number[] =>
  Array.from(evaluateGraph(verifyGraph(graph), { x: { shape: [2, 3, 8, 8], data } }).get(graph.outputs[0]!)!.data)

const chain = ({ x, w }: Parts): Value => {
  const first = maxPool(relu(conv(x, w('a/kernel', [4, 3, 3, 3]), w('a/bias', [4]))), { kernel_shape: [2, 2] })
  return relu(conv(relu(conv(first, w('b/kernel', [4, 4, 3, 3]), w('b/bias', [4]))), w('c/kernel', [5, 4, 1, 1])))
}

describe('equalize', () => {
  it('keeps what a chain computes, and brings the largest weights of each channel together', () => {
    const before = graphOf(chain)
    const after = equalize(before)
    const [exact, equal] = [answers(before), answers(after)]
    const largest = Math.max(...exact.map(Math.abs))
    exact.forEach((value, i) => {
      expect(Math.abs(value - equal[i]!)).toBeLessThan(1e-5 * largest)
    })
    const layers = layersOf(after)
    expect(layers).toHaveLength(3)
    for (const [i, first] of layers.slice(0, 2).entries()) {
      const made = largestAlong(first.weight.constant!, 0)
      const read = largestAlong(layers[i + 1]!.weight.constant!, 1)
      made.forEach((r, c) => {
        if (sizes[c]! > 0) expect(r / read[c]!).toBeCloseTo(1, 1)
      })
    }
    // Planted: weights divided and not multiplied again.
    const [weight] = [...after.initializers.keys()].filter(({ name }) => name === 'b/kernel/equalized')
    after.initializers.set(
      weight!,
      before.nodes.find(({ inputs }) => inputs[1]?.name === 'b/kernel')!.inputs[1]!.constant!,
    )
    expect(Math.max(...answers(after).map((value, i) => Math.abs(value - exact[i]!)))).toBeGreaterThan(1e-3 * largest)
  })

  it('is used where there is one scale for a kernel', async () => {
    const graph = new Graph('uneven')
    const weights = (name: string, shape: readonly number[], size: (k: number, c: number) => number): Value => {
      const stream = randomStream(2, name)
      const per = sizeOf(shape.slice(2))
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
        const place = Math.floor(i / per)
        return size(Math.floor(place / shape[1]!), place % shape[1]!) * stream.normal()
      })
      return graph.initializer(name, tensor('float32', shape, data))
    }
    const x = scale(cast(graph.input('images', 'uint8', ['N', 3, 8, 8]), 'float32'), 1 / 255)
    const y = relu(
      conv(
        x,
        weights('a/kernel', [8, 3, 3, 3], k => 4 ** -k),
      ),
    )
    const z = relu(
      conv(
        y,
        weights('b/kernel', [6, 8, 3, 3], (_, c) => 4 ** c / 8),
      ),
    )
    graph.output(softmax(flatten(globalAveragePool(z))), 'probabilities')
    const classifier = classifierOf(encodeModel(graph))
    const bytes = new Uint8Array(60 * 192)
    randomStream(1, 'images').fillBytes(bytes)
    const classNames = Array.from({ length: 6 }, (_, c) => `class${c}`)
    const labels = Uint8Array.from({ length: 60 }, (_, i) => i % 6)
    const set = imageSet({ name: 'set', classNames, shape: [3, 8, 8], images: bytes, labels })
    const exact = await predict(classifier, bytes)
    const quality = async ({ model }: Pick<Classifier, 'model'>) =>
      signalToErrorDb(exact, await predict(classifierOf(model), bytes))
    const used = await quality((await quantizeClassifier(classifier, set, { weights: 'per-tensor' })).classifier)
    const ranges = await calibrate(graph, set)
    // Planted: the same without it.
    const plain = writeQdq(planQuantization(graph), ranges, { format: 'int7', weights: 'per-tensor' })
    expect(used).toBeGreaterThan(10 + (await quality({ model: encodeModel(plain) })))
  })

  it.each([
    [
      'another function between',
      ({ x, w }: Parts) => conv(sigmoid(conv(x, w('a', [4, 3, 1, 1]))), w('b', [4, 4, 1, 1])),
    ],
    [
      'a channel that is read elsewhere',
      ({ x, w }: Parts) => {
        const y = relu(conv(x, w('a', [4, 3, 1, 1])))
        return add(y, conv(y, w('b', [4, 4, 1, 1])))
      },
    ],
    [
      'weights used once more',
      ({ x, w }: Parts) => {
        const y = relu(conv(x, w('a', [4, 3, 1, 1])))
        const z = relu(conv(y, w('b', [4, 4, 1, 1])))
        return conv(z, w('b', [4, 4, 1, 1]))
      },
    ],
    [
      'groups',
      ({ x, w }: Parts) => conv(relu(conv(x, w('a', [4, 3, 1, 1]))), w('b', [4, 2, 1, 1]), undefined, { group: 2 }),
    ],
  ] as const)('leaves alone: %s', (_, build) => {
    const graph = graphOf(build)
    expect(equalize(graph)).toBe(graph)
  })
})
