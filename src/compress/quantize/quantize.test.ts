import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { classifierOf } from '../../classifier/load.js'
import { predict } from '../../classifier/predict.js'
import { preprocess } from '../../classifier/preprocess.js'
import { FoveaError } from '../../core/errors.js'
import { randomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { tensor, toNumbers } from '../../core/tensor.js'
import { imageSet } from '../../data/image-set.js'
import { sampleClassifier, sampleNetworks, sampleSet } from '../../export/testing/sample-networks.js'
import { Graph, type Value } from '../../onnx/ir.js'
import { decodeModel, encodeModel, scanModel } from '../../onnx/protobuf/index.js'
import { rewrite } from '../../onnx/rewrite.js'
import { add } from '../../ops/add.js'
import { batchNormalization } from '../../ops/batch-normalization.js'
import { concat } from '../../ops/concat.js'
import { conv } from '../../ops/conv.js'
import { evaluateGraph } from '../../ops/evaluate-graph.js'
import { globalAveragePool } from '../../ops/global-average-pool.js'
import { identity } from '../../ops/identity.js'
import { operators } from '../../ops/index.js'
import { MatMul } from '../../ops/mat-mul.js'
import { maxPool } from '../../ops/max-pool.js'
import { scale } from '../../ops/mul.js'
import { reduceMax } from '../../ops/reduce-max.js'
import { relu } from '../../ops/relu.js'
import { reshape } from '../../ops/reshape.js'
import { reverse } from '../../ops/slice.js'
import { softmax } from '../../ops/softmax.js'
import { createSession } from '../../runtime/node.js'
import { calibrate } from './calibrate.js'
import { pixelForm } from './pixels.js'
import { planQuantization } from './plan.js'
import { prepare } from './prepare.js'
import { quantizeClassifier, type WeightRounding } from './quantize.js'
import { signalToErrorDb } from './sensitivity.js'
import { writeQdq } from './write-qdq.js'

const SHAPE = [3, 12, 12] as const
const CLASSES = 5
const COUNT = 60
const same = { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }

const images = imageSet({
  name: 'noise',
  classNames: Array.from({ length: CLASSES }, (_, c) => `class${c}`),
  shape: SHAPE,
  images: (() => {
    const bytes = new Uint8Array(COUNT * sizeOf(SHAPE))
    randomStream(4, 'images').fillBytes(bytes)
    return bytes
  })(),
  labels: Uint8Array.from({ length: COUNT }, (_, i) => i % CLASSES),
})

/** Weights by name, the same at every call. */
function weightsOf(graph: Graph) {
  const held = new Map<string, Value>()
  return (name: string, shape: readonly number[], [low, high]: readonly [number, number] = [-1, 1]): Value => {
    const stream = randomStream(8, name)
    const spread = high === 1 && low === -1 ? Math.sqrt(3 / sizeOf(shape.slice(1))) : 1
    const make = (): Value =>
      graph.initializer(
        name,
        tensor(
          'float32',
          shape,
          Float32Array.from({ length: sizeOf(shape) }, () => spread * stream.uniform(low, high)),
        ),
      )
    held.set(name, held.get(name) ?? make())
    return held.get(name)!
  }
}

/** Pre-processing, a residual block, batch normalisation, concatenation, three poolings, a mirrored view, dense layers. */
function network(mean: readonly number[] = [0.4914, 0.4822, 0.4465]): Graph {
  const graph = new Graph('network')
  const w = weightsOf(graph)
  const input = graph.input('images', 'uint8', ['N', ...SHAPE])
  const standardDeviation = mean.length === 1 ? [1] : [0.247, 0.2435, 0.2616]
  const x = preprocess(input, { mean, standardDeviation })
  const normalized = (value: Value, name: string): Value =>
    batchNormalization(
      value,
      w(`${name}/gamma`, [8], [0.5, 1.5]),
      w(`${name}/beta`, [8], [-0.5, 0.5]),
      w(`${name}/mean`, [8], [-0.2, 0.2]),
      w(`${name}/variance`, [8], [0.5, 2]),
    )
  const view = (value: Value): Value => {
    const first = relu(
      maxPool(normalized(conv(value, w('a/kernel', [8, 3, 3, 3]), undefined, same), 'n1'), {
        kernel_shape: [2, 2],
        strides: [2, 2],
      }),
    )
    const residual = normalized(conv(first, w('b/kernel', [8, 8, 3, 3]), w('b/bias', [8]), same), 'n2')
    const joined = concat([relu(add(first, residual)), first], 1)
    const last = relu(conv(joined, w('c/kernel', [12, 16, 1, 1]), w('c/bias', [12])))
    const pooled = add(reshape(globalAveragePool(last), ['N', 12]), reduceMax(last, [2, 3], false))
    return softmax(add(graph.add(MatMul, [pooled, w('dense/kernel', [12, CLASSES])]), w('dense/bias', [CLASSES])), 1)
  }
  graph.output(scale(add(view(x), view(reverse(x, [3]))), 0.5), 'probabilities')
  return graph
}

const classifier = (graph = network()) => classifierOf(encodeModel(graph))

/** Signal to error, in decibels. */
function decibels(exact: ArrayLike<number>, approximate: ArrayLike<number>): number {
  let [signal, error] = [0, 1e-30]
  for (let i = 0; i < exact.length; i++) {
    signal += exact[i]! ** 2
    error += (exact[i]! - approximate[i]!) ** 2
  }
  return 10 * Math.log10(signal / error)
}

/** Operators that the runtime is left with after its own rewriting. */
async function fusedOperators(model: Uint8Array): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-fused-'))
  try {
    const optimizedModel = join(folder, 'optimized.onnx')
    await (await createSession(model, { optimizedModel })).release()
    return scanModel(readFileSync(optimizedModel)).operators
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('prepare', () => {
  it('keeps the numbers', () => {
    const before = network()
    const after = prepare(before)
    const feeds = {
      images: { shape: [4, ...SHAPE], data: Float64Array.from(images.images.slice(0, 4 * sizeOf(SHAPE))) },
    }
    const [exact, prepared] = [before, after].map(graph => evaluateGraph(graph, feeds).get(graph.outputs[0]!)!.data)
    expect(decibels(exact!, prepared!)).toBeGreaterThan(110)
    const ops = new Set(after.nodes.map(({ op }) => op.name))
    for (const name of ['BatchNormalization', 'MatMul', 'ReduceMax']) expect(ops.has(name)).toBe(false)
  })
})

describe('pixelForm', () => {
  it.each([
    ['x / 255', [0], undefined],
    ['a mean for each channel', [0.4914, 0.4822, 0.4465], 'channel'],
    ['dark and light channels', [0.05, 0.9, 0.5], 'channel'],
  ] as const)(
    '%s: bytes through the changed weights give what pre-processed images gave, border and all',
    (_, mean, extra) => {
      const graph = prepare(network(mean))
      const pixels = planQuantization(graph).pixels!
      const form = pixelForm(pixels)
      expect(form.constant === undefined).toBe(extra === undefined)
      const [node] = pixels.convs
      const [, weight, bias] = node!.inputs as readonly Value[]
      const changed = form.rewrite(weight!.constant!, toNumbers(bias!.constant!))
      const C = changed.w.shape[1] as number
      const feeds = (channels: number, at: (c: number, p: number) => number) => ({
        x: {
          shape: [1, channels, 12, 12],
          data: Float64Array.from({ length: channels * 144 }, (_, i) => at(Math.floor(i / 144), images.images[i] ?? 0)),
        },
      })
      const run = (w: typeof changed.w, b: readonly number[], fed: ReturnType<typeof feeds>) => {
        const one = new Graph('one')
        const x = one.input('x', 'float32', fed.x.shape)
        const held = one.initializer('b', tensor('float32', [b.length], Float32Array.from(b)))
        const y = one.output(conv(x, one.initializer('w', w), held, same))
        return evaluateGraph(one, fed).get(y)!.data
      }
      const normal = feeds(3, (c, p) => pixels.slope[c]! * p + pixels.shift[c]!)
      const bytes = feeds(C, (c, p) => form.scale * ((c === 3 ? form.constant! : p) - form.zeroPoint))
      const exact = run(weight!.constant!, toNumbers(bias!.constant!), normal)
      expect(decibels(exact, run(changed.w, changed.bias, bytes))).toBeGreaterThan(110)
      // Planted: bytes off by one are seen.
      const off = feeds(C, (c, p) => form.scale * ((c === 3 ? form.constant! : p + 1) - form.zeroPoint))
      expect(decibels(exact, run(changed.w, changed.bias, off))).toBeLessThan(60)
    },
  )
})

describe('quantizeClassifier', () => {
  it('gives what the float classifier gives, to the error of 8 bits, in every form', async () => {
    const exact = await predict(classifier(), images.images)
    for (const options of [{}, { weights: 'per-tensor' }, { format: 'uint8' }, { method: 'minmax' }] as const) {
      const { classifier: quantized } = await quantizeClassifier(classifier(), images, options)
      expect(decibels(exact, await predict(quantized, images.images))).toBeGreaterThan(28)
      expect(quantized.classNames).toEqual(classifier().classNames)
      expect(scanModel(quantized.model).metadata['fovea.quantization']).toContain(options.format ?? 'int7')
    }
  })

  it('computes in the runtime what the graph says as it stands', async () => {
    const {
      classifier: { model },
    } = await quantizeClassifier(classifier(), images)
    const { graph } = decodeModel(model, { operators })
    const feeds = {
      images: { shape: [6, ...SHAPE], data: Float64Array.from(images.images.slice(0, 6 * sizeOf(SHAPE))) },
    }
    const meaning = evaluateGraph(graph, feeds).get(graph.outputs[0]!)!.data
    const fused = await predict(classifierOf(model), images.images.slice(0, 6 * sizeOf(SHAPE)))
    expect(decibels(meaning, fused)).toBeGreaterThan(40)
  })

  it('leaves no convolution and no dense layer in float', async () => {
    const fused = await fusedOperators((await quantizeClassifier(classifier(), images)).classifier.model)
    expect(fused['com.microsoft:QLinearConv']).toBe(6)
    expect(fused['com.microsoft:QGemm']).toBe(2)
    for (const name of ['Conv', 'com.microsoft:FusedConv', 'Gemm', 'MatMul', 'Relu'])
      expect(fused[name]).toBeUndefined()
    // Planted: the float classifier has layers that this sees.
    const float = await fusedOperators(classifier().model)
    expect(float['com.microsoft:QLinearConv']).toBeUndefined()
    expect(Object.keys(float).some(name => /Conv$/.test(name))).toBe(true)
  })

  it('leaves a layer that is to stay in float without a rounding of its own', async () => {
    const graph = prepare(network())
    const ranges = await calibrate(graph, images, { method: 'minmax' })
    const float = await predict(classifier(), images.images)
    for (const { name, weight, nodes } of planQuantization(graph).layers) {
      const plan = planQuantization(graph, new Set([weight]))
      const model = encodeModel(writeQdq(plan, ranges, { format: 'uint8', weights: 'per-channel' }))
      const fused = await fusedOperators(model)
      const integers = (fused['com.microsoft:QLinearConv'] ?? 0) + (fused['com.microsoft:QGemm'] ?? 0)
      expect(integers, name).toBe(8 - nodes.length)
      expect(decibels(float, await predict(classifierOf(model), images.images)), name).toBeGreaterThan(28)
    }
  })

  it('has to keep the runtime from rounding it (planted: without the Clip before it)', async () => {
    const graph = prepare(network())
    const ranges = await calibrate(graph, images, { method: 'minmax' })
    const { weight } = planQuantization(graph).layers[1]!
    const mixed = writeQdq(planQuantization(graph, new Set([weight])), ranges, {
      format: 'uint8',
      weights: 'per-channel',
    })
    const bare = rewrite(mixed, (node, inputs) => (node.name.endsWith('/whole') ? [inputs[0]!] : undefined), identity)
    expect(bare.nodes.length).toBeLessThan(mixed.nodes.length)
    expect((await fusedOperators(encodeModel(bare)))['com.microsoft:QLinearConv']).toBe(6)
  })

  it('keeps the answers better where it rounds for the outputs than to the nearest', async () => {
    const classifier = sampleClassifier(sampleNetworks['residual, strided']!)
    // As in photographs, pixels are like their neighbours.
    const noise = sampleSet(200)
    const smooth = noise.images.slice()
    for (let i = 1; i < smooth.length; i++) smooth[i] = Math.round(0.9 * smooth[i - 1]! + 0.1 * noise.images[i]!)
    const set = { ...noise, images: smooth }
    const float = await predict(classifier, set.images)
    const qualityOf = async (rounding: WeightRounding): Promise<number> => {
      const { classifier: integer } = await quantizeClassifier(classifier, set, { rounding, method: 'minmax' })
      return signalToErrorDb(float, await predict(integer, set.images))
    }
    const [outputs, nearest] = [await qualityOf('outputs'), await qualityOf('nearest')]
    expect(outputs - nearest, `${outputs} and ${nearest} dB`).toBeGreaterThan(1)
  })

  it('takes the share of layers that costs most', async () => {
    const { layers, classifier: quantized } = await quantizeClassifier(classifier(), images, { mixed: 0.3 })
    const kept = layers.filter(({ inFloat }) => inFloat)
    expect(kept).toHaveLength(Math.ceil(0.3 * layers.length))
    const worst = Math.max(...kept.map(layer => layer.signalToErrorDb))
    for (const layer of layers) if (!layer.inFloat) expect(layer.signalToErrorDb).toBeGreaterThanOrEqual(worst)
    const all = await quantizeClassifier(classifier(), images)
    const exact = await predict(classifier(), images.images)
    const [few, none] = [await predict(quantized, images.images), await predict(all.classifier, images.images)]
    expect(decibels(exact, few)).toBeGreaterThan(decibels(exact, none))
    await expect(quantizeClassifier(classifier(), images, { mixed: 1 })).rejects.toThrow('0 to less than 1')
  })

  it('would lose much by ranges that are too narrow (planted)', async () => {
    const graph = prepare(network())
    const ranges = await calibrate(graph, images, { method: 'minmax' })
    const narrow = new Map([...ranges].map(([name, [low, high]]) => [name, [low / 4, high / 4] as const]))
    const options = { format: 'uint8', weights: 'per-channel' } as const
    const [right, wrong] = [ranges, narrow].map(r =>
      classifierOf(encodeModel(writeQdq(planQuantization(graph), r, options))),
    )
    const exact = await predict(classifier(), images.images)
    expect(decibels(exact, await predict(right!, images.images))).toBeGreaterThan(28)
    expect(decibels(exact, await predict(wrong!, images.images))).toBeLessThan(20)
  })

  it('refuses images of another size, and a file that is no ONNX model', async () => {
    const wide = imageSet({ ...images, shape: [3, 6, 24] })
    await expect(quantizeClassifier(classifier(), wide)).rejects.toThrow('expected images of [3, 12, 12]')
    const broken = { ...classifier(), model: classifier().model.slice(0, 500) }
    await expect(quantizeClassifier(broken, images)).rejects.toThrow(FoveaError)
  })
})
