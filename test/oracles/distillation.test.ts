import { describe, expect, it } from 'vitest'
import { gradients } from '../../src/autodiff/gradients.js'
import { randomStream } from '../../src/core/random.js'
import { tensor } from '../../src/core/tensor.js'
import { categoricalCrossentropy } from '../../src/nn/losses/categorical-crossentropy.js'
import { Graph } from '../../src/onnx/ir.js'
import { encodeModel } from '../../src/onnx/protobuf/index.js'
import { cast } from '../../src/ops/cast.js'
import { identity } from '../../src/ops/identity.js'
import { scale } from '../../src/ops/mul.js'
import { reduceSum } from '../../src/ops/reduce-sum.js'
import { reshape } from '../../src/ops/reshape.js'
import { softmax } from '../../src/ops/softmax.js'
import { createSession } from '../../src/runtime/node.js'
import { distilled } from '../../src/train/distillation.js'
import { type Held, Parcel } from './exchange.js'
import { python } from './python.js'

const { path: interpreter, missing } = python()
if (missing) console.warn(`skipped: ${missing}`)

const [B, K] = [6, 10]
const cases = [
  { temperature: 1, alpha: 0.5 },
  { temperature: 4, alpha: 0.9 },
  { temperature: 20, alpha: 1 },
]
const TOLERANCE = 1e-6
/** The divergence is a small difference of logarithms of size 1, rounded in float32, and then times T². */
const lossTolerance = (temperature: number): number => 1e-7 * temperature * temperature

/** The bytes of an image are the teacher's logits, in tenths. */
function teacher(): Graph {
  const graph = new Graph('teacher')
  const z = scale(cast(graph.input('images', 'uint8', ['N', 1, 1, K]), 'float32'), 0.1)
  graph.output(softmax(reshape(z, ['N', K]), 1), 'probabilities')
  return graph
}

const stream = randomStream(31, 'distillation')
const pixels = Uint8Array.from({ length: B * K }, () => stream.integer(120))
const student = Float32Array.from({ length: B * K }, () => 3 * stream.normal())
const labels = Float32Array.from({ length: B }, () => stream.integer(K))

async function inRuntime({ temperature, alpha }: (typeof cases)[number]) {
  const graph = new Graph('distillation')
  const images = graph.input('images', 'uint8', [B, 1, 1, K])
  const z = graph.input('student', 'float32', [B, K])
  const targets = graph.input('targets', 'float32', [B, K])
  const fromLabels = categoricalCrossentropy()(z, targets)
  const loss = distilled(fromLabels, z, images, { teacher: teacher(), temperature, alpha })
  const [dz] = gradients(reduceSum(loss, [0], false), [z])
  graph.output(identity(loss), 'loss')
  graph.output(identity(dz!), 'gradient')
  const session = await createSession(encodeModel(graph))
  const oneHot = Float32Array.from({ length: B * K }, (_, i) => (labels[Math.floor(i / K)] === i % K ? 1 : 0))
  const results = await session.run({
    images: tensor('uint8', [B, 1, 1, K], pixels),
    student: tensor('float32', [B, K], student),
    targets: tensor('float32', [B, K], oneHot),
  })
  await session.release()
  return [results.loss!.data as Float32Array, results.gradient!.data as Float32Array]
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!) / (1 + Math.abs(b[i]!))))

describe.skipIf(!interpreter)('distillation against PyTorch', () => {
  it('loss and gradient are those of kl_div and cross_entropy', async () => {
    const parcel = new Parcel()
    const put = (shape: readonly number[], data: Float32Array): Held => parcel.put(shape, data)
    const given = {
      student: put([B, K], student),
      // Fovea multiplies in float32; the script starts from the same numbers.
      teacher: put(
        [B, K],
        Float32Array.from(pixels, v => Math.fround(v * Math.fround(0.1))),
      ),
      labels: put([B], labels),
    }
    const answers = parcel.send(interpreter!, 'distillation.py', { cases: cases.map(c => ({ ...c, ...given })) })
    for (const [i, facts] of cases.entries()) {
      const [loss, gradient] = await inRuntime(facts)
      const [wantedLoss, wantedGradient] = [answers.next().data, answers.next().data]
      expect(farthest(loss!, wantedLoss)).toBeLessThan(lossTolerance(facts.temperature))
      expect(farthest(gradient!, wantedGradient)).toBeLessThan(TOLERANCE)
      // Another temperature is another loss: the comparison would see it.
      const [other] = await inRuntime({ ...facts, temperature: facts.temperature * 1.1, alpha: facts.alpha })
      expect(farthest(other!, wantedLoss), `case ${i}`).toBeGreaterThan(10 * lossTolerance(facts.temperature))
    }
    expect(answers.left()).toBe(0)
  })
})
