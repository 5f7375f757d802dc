import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gradients } from '../autodiff/gradients.js'
import { unitRange } from '../classifier/preprocess.js'
import { makeClassifier, writeClassifier } from '../classifier/save.js'
import { randomStream } from '../core/random.js'
import { dense } from '../nn/layers/dense.js'
import { flatten } from '../nn/layers/shape.js'
import { sequential } from '../nn/network.js'
import { Graph } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { cast } from '../ops/cast.js'
import { evaluateGraph } from '../ops/evaluate-graph.js'
import { scale } from '../ops/mul.js'
import { reduceSum } from '../ops/reduce-sum.js'
import { reshape } from '../ops/reshape.js'
import { softmax } from '../ops/softmax.js'
import { sgd } from '../optim/sgd.js'
import { distilled } from './distillation.js'
import { distillationOf, openDistillation } from './teacher.js'
import { tinyPlan, trainTiny } from './testing/tiny-plan.js'

const [B, K] = [3, 4]
const stream = randomStream(8, 'distillation')
const pixels = Float64Array.from({ length: B * K }, () => stream.integer(256))
const logits = Float64Array.from({ length: B * K }, () => 2 * stream.normal())

/** The bytes themselves, in tens, are the logits of this teacher. */
function teacherOf(views: 1 | 2): Graph {
  const graph = new Graph('teacher')
  const images = graph.input('images', 'uint8', ['N', 1, 1, K])
  const z = reshape(scale(cast(images, 'float32'), 0.1), ['N', K])
  const own = softmax(z, 1)
  graph.output(views === 1 ? own : scale(add(own, softmax(scale(z, 0.5), 1)), 0.5), 'probabilities')
  return graph
}

/** Loss of each image and the gradient of their sum by the student's logits. */
function inGraph(teacher: Graph, temperature: number, alpha: number) {
  const graph = new Graph('student')
  const images = graph.input('images', 'uint8', [B, 1, 1, K])
  const z = graph.input('logits', 'float32', [B, K])
  const labels = graph.input('fromLabels', 'float32', [B])
  const perImage = distilled(labels, z, images, { teacher, temperature, alpha })
  const [dz] = gradients(reduceSum(perImage, [0], false), [z])
  const fromLabels = Float64Array.from([1, 2, 3])
  graph.output(perImage)
  graph.output(dz!)
  const values = evaluateGraph(graph, {
    images: { shape: [B, 1, 1, K], data: pixels },
    logits: { shape: [B, K], data: logits },
    fromLabels: { shape: [B], data: fromLabels },
  })
  return { loss: Array.from(values.get(perImage)!.data), gradient: Array.from(values.get(dz!)!.data) }
}

const soften = (row: readonly number[], T: number): number[] => {
  const top = Math.max(...row)
  const powers = row.map(v => Math.exp((v - top) / T))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(p => p / sum)
}

/** The formula of the paper, by hand: α T² Σ p log(p / q) + (1 - α) · given; its gradient by z is α T (q - p). */
function byHand(teacherLogits: (b: number) => number[], T: number, alpha: number) {
  const loss: number[] = []
  const gradient: number[] = []
  for (let b = 0; b < B; b++) {
    const p = soften(teacherLogits(b), T)
    const q = soften(Array.from(logits.subarray(b * K, (b + 1) * K)), T)
    const divergence = p.reduce((sum, value, k) => sum + (value > 0 ? value * Math.log(value / q[k]!) : 0), 0)
    loss.push((1 - alpha) * (b + 1) + alpha * T * T * divergence)
    gradient.push(...q.map((value, k) => alpha * T * (value - p[k]!)))
  }
  return { loss, gradient }
}

const rowOf = (b: number): number[] => Array.from(pixels.subarray(b * K, (b + 1) * K), v => 0.1 * v)
const farthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))

describe('distilled', () => {
  it.each([
    [1, 0.5],
    [4, 0.9],
    [8, 1],
  ])('at temperature %d and alpha %d is the formula, and so is its gradient', (T, alpha) => {
    const found = inGraph(teacherOf(1), T, alpha)
    const wanted = byHand(rowOf, T, alpha)
    expect(farthest(found.loss, wanted.loss)).toBeLessThan(1e-6)
    expect(farthest(found.gradient, wanted.gradient)).toBeLessThan(1e-6)
    // Without the factor T² it would be another loss.
    if (T > 1) expect(farthest(found.loss, byHand(rowOf, T, alpha / (T * T)).loss)).toBeGreaterThan(0.1)
  })
  it('takes the logarithm of probabilities that are a mean of views', () => {
    const means = (b: number): number[] => {
      const second = soften(rowOf(b), 2)
      return soften(rowOf(b), 1).map((p, k) => Math.log((p + second[k]!) / 2))
    }
    const found = inGraph(teacherOf(2), 3, 0.7)
    const wanted = byHand(means, 3, 0.7)
    expect(farthest(found.loss, wanted.loss)).toBeLessThan(1e-6)
    expect(farthest(found.gradient, wanted.gradient)).toBeLessThan(1e-6)
  })
  it('refuses a teacher of another number of classes, or for other images', () => {
    const graph = new Graph('student')
    const images = graph.input('images', 'uint8', [B, 1, 1, K])
    const z = graph.input('logits', 'float32', [B, K + 1])
    const labels = graph.input('fromLabels', 'float32', [B])
    const call = (teacher: Graph) => () => distilled(labels, z, images, { teacher, temperature: 1, alpha: 1 })
    expect(call(teacherOf(1))).toThrow('expected a teacher of 5 classes, as the student, received [3, 4]')
    const other = new Graph('teacher')
    other.output(
      softmax(reshape(cast(other.input('images', 'uint8', ['N', 3]), 'float32'), ['N', 3]), 1),
      'probabilities',
    )
    expect(call(other)).toThrow('expected a teacher that reads images of [1, 1, 4], received images [N, 3]')
  })
})

describe('training with a teacher', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fovea-distillation-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const rule = sgd({ learningRate: 0 })
  const plain = sequential([flatten(), dense(3)])
  const classifierWith = async (seed: number) => {
    const { weights } = await trainTiny(tinyPlan({ layer: plain, optimizer: rule, seed }), { maxSteps: 0 })
    const { training } = tinyPlan()
    return makeClassifier({
      layer: plain,
      inputShape: training.shape,
      preprocess: unitRange,
      weights,
      classNames: training.classNames,
    })
  }
  const lossOf = async (distillation: ReturnType<typeof distillationOf> | undefined): Promise<number> => {
    const snapshot = await trainTiny(tinyPlan({ layer: plain, optimizer: rule, seed: 4, distillation }), {
      maxSteps: 1,
    })
    return snapshot.epochSums.loss
  }
  const facts = { temperature: 2, alpha: 1 }

  it('a student that is its teacher has nothing to learn; another teacher says something else', async () => {
    const { classNames } = tinyPlan().training
    expect(await lossOf(distillationOf(await classifierWith(4), facts, classNames))).toBeLessThan(1e-6)
    expect(await lossOf(distillationOf(await classifierWith(5), facts, classNames))).toBeGreaterThan(0.01)
    const half = await lossOf(distillationOf(await classifierWith(4), { ...facts, alpha: 0.5 }, classNames))
    expect(half).toBeCloseTo((await lossOf(undefined)) / 2, 5)
  })

  it('refuses another file than the one that was recorded, and other classes', async () => {
    const path = join(folder, 'teacher.onnx')
    await writeClassifier(path, await classifierWith(4))
    const data = { teacher: path, temperature: 2, alpha: 1 }
    const { classNames } = tinyPlan().training
    await expect(openDistillation({ ...data, teacherSha256: '0'.repeat(64) }, classNames)).rejects.toThrow(
      'expected the file with SHA-256 0000000000000000…',
    )
    await expect(openDistillation(data, ['a', 'b', 'd'])).rejects.toThrow(
      'expected the classes of the data set (a, b, d',
    )
    await expect(openDistillation({ ...data, teacher: join(folder, 'none') }, classNames)).rejects.toThrow(
      'received nothing of that name',
    )
    await writeFile(path, 'not a model')
    await expect(openDistillation(data, classNames)).rejects.toThrow(path)
  })
})
