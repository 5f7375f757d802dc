import { beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.js'
import { createMixer, symmetricBeta } from '../../src/data/transforms/mix.js'
import { createRandAugment, randAugmentSpace } from '../../src/data/transforms/rand-augment.js'
import { cutMix, mixUp, randAugment } from '../../src/data/transforms/schema.js'
import { categoricalCrossentropy } from '../../src/nn/losses/categorical-crossentropy.js'
import { Graph } from '../../src/onnx/ir.js'
import { evaluateGraph } from '../../src/ops/evaluate-graph.js'
import { type Averaging, ema, swa } from '../../src/optim/averaging.js'
import { declareLabels, objective } from '../../src/train/step-loss.js'
import { type Answer, farthest, Parcel } from './exchange.js'
import { python } from './python.js'

const { path: interpreter, missing } = python()
if (missing) console.warn(`skipped: ${missing}`)

const SHAPE = [3, 15, 12] as const
const SIZE = 540
const COUNT = 24
const CLASSES = 7
const SMOOTHING = 0.1

/** A smooth picture with noise: operations on it have something to do. */
function picture(i: number, [, height, width]: readonly [number, number, number] = SHAPE): Uint8Array {
  const stream = randomStream(31, 'picture', i)
  return Uint8Array.from({ length: 3 * height * width }, (_, p) => {
    const [c, rest] = [Math.floor(p / (height * width)), p % (height * width)]
    return 30 + 20 * c + 4 * Math.floor(rest / width) + 3 * (rest % width) + stream.integer(40)
  })
}

/** A batch of ours, mixed in one way, with the draws that were made for each image. */
function mixedBatch(kind: 'mixUp' | 'cutMix') {
  const key = { seed: 5, epoch: 2 }
  const way = kind === 'mixUp' ? mixUp({ alpha: 0.8 }) : cutMix({ alpha: 1 })
  const before = Array.from({ length: COUNT }, (_, i) => picture(i))
  const pixels = new Uint8Array(COUNT * SIZE)
  before.forEach((image, i) => {
    pixels.set(image, i * SIZE)
  })
  const indices = Int32Array.from({ length: COUNT }, (_, i) => i)
  const labels = indices.map(i => (3 * i) % CLASSES)
  const into = { other: new Int32Array(COUNT), share: new Float32Array(COUNT) }
  createMixer([way], SHAPE)({ pixels, labels, indices }, into, key)
  const draws = before.map((_, i) => {
    const stream = randomStream(key.seed, 'mix', key.epoch, i)
    stream.chance(way.probability)
    const share = symmetricBeta(way.alpha, stream)
    return { share, row: stream.integer(SHAPE[1]), column: stream.integer(SHAPE[2]) }
  })
  return { kind, before, pixels, labels, ...into, draws }
}

const logitsOf = (i: number): Float32Array => {
  const stream = randomStream(32, 'logits', i)
  return Float32Array.from({ length: CLASSES }, () => 2 * stream.normal())
}

/** The loss of one mixed image in the step graph, in float64. */
function lossOf(label: number, other: number, share: number, logits: Float32Array): number {
  const graph = new Graph('loss')
  const given = graph.input('logits', 'float32', [1, CLASSES])
  const images = graph.input('images', 'uint8', [1, 1, 1, 1])
  const { loss } = objective(given, { images, labels: declareLabels(graph, 1, true) }, [], {
    classes: CLASSES,
    batchSize: 1,
    loss: categoricalCrossentropy({ labelSmoothing: SMOOTHING }),
  })
  graph.output(loss)
  const one = (value: number) => ({ shape: [1], data: Float64Array.of(value) })
  const feeds = {
    logits: { shape: [1, CLASSES], data: Float64Array.from(logits) },
    images: { shape: [1, 1, 1, 1], data: Float64Array.of(0) },
    labels: one(label),
    otherLabels: one(other),
    labelShares: one(share),
  }
  return evaluateGraph(graph, feeds).get(loss)!.data[0]!
}

const large = [3, 32, 32] as const
const names = Object.keys(randAugmentSpace)
const policy = randAugment({ operations: 2, magnitude: 9, fill: 93 })
/** Images of ours after RandAugment, with the operations and coins that their streams name. */
const augmentations = Array.from({ length: 60 }, (_, i) => {
  const source = picture(i, large)
  const ours = new Uint8Array(source.length)
  createRandAugment(policy, large)(source, ours, randomStream(6, 'augment', i))
  const stream = randomStream(6, 'augment', i)
  const draws = [0, 1].map(() => ({ operation: stream.integer(14), turned: stream.chance(0.5) }))
  // A shift by a positive number goes left or up in the paper's code and here, right or down in torchvision's.
  const turned = draws.map(d => Number(d.turned !== names[d.operation]!.startsWith('Translate')))
  return { source, ours, operations: draws.map(d => d.operation), turned }
})

const PROGRESS = { totalSteps: 12, stepsPerEpoch: 3 }
const walk = Array.from({ length: PROGRESS.totalSteps + 1 }, (_, step) => {
  const stream = randomStream(33, 'walk', step)
  return Float32Array.from({ length: 9 }, () => step / 3 + stream.normal())
})
const averages = [
  { what: 'ema', averaging: ema({ decay: 0.7, warmUp: false }), request: { kind: 'ema', decay: 0.7 } },
  // From half of the run on: the ends of epochs 2, 3 and 4.
  { what: 'swa', averaging: swa({ from: 0.5 }), request: { kind: 'swa', taken: [6, 9, 12] } },
] as const

/** average = keep · average + take · w, as the step graph has it. */
function follow({ factors }: Averaging): Float64Array[] {
  let average = Float64Array.from(walk[0]!)
  return walk.slice(1).map((w, step) => {
    const { keep, take } = factors({ step, ...PROGRESS })
    average = average.map((a, i) => keep * a + take * w[i]!)
    return average
  })
}

describe.skipIf(!interpreter)('strategies against torchvision and PyTorch', () => {
  const batches = [mixedBatch('mixUp'), mixedBatch('cutMix')]
  const mixes: { pixels: Answer; label: Answer; loss: Answer }[][] = []
  const augmented: Answer[] = []
  const averaged: Answer[][] = []

  beforeAll(() => {
    const parcel = new Parcel()
    const image = (pixels: Uint8Array, shape: readonly number[]) => parcel.put(shape, Float32Array.from(pixels))
    const answers = parcel.send(interpreter!, 'strategies.py', {
      mixed: batches.flatMap(({ kind, before, labels, draws }) =>
        before.map((pixels, i) => ({
          kind,
          classes: CLASSES,
          labelSmoothing: SMOOTHING,
          image: image(pixels, SHAPE),
          partner: image(before[(i + 1) % COUNT]!, SHAPE),
          label: labels[i],
          other: labels[(i + 1) % COUNT],
          logits: parcel.put([CLASSES], logitsOf(i)),
          ...draws[i],
        })),
      ),
      augmented: augmentations.map(({ source, operations, turned }) => ({
        image: image(source, large),
        operations,
        turned,
        magnitude: policy.magnitude,
        fill: policy.fill,
      })),
      averaged: averages.map(({ request }) => ({ ...request, weights: walk.map(w => parcel.put([9], w)) })),
    })
    for (const { before } of batches)
      mixes.push(before.map(() => ({ pixels: answers.next(), label: answers.next(), loss: answers.next() })))
    for (const _ of augmentations) augmented.push(answers.next())
    for (const _ of averages) averaged.push(Array.from({ length: PROGRESS.totalSteps }, answers.next))
    expect(answers.left()).toBe(0)
  })

  /** Images whose pixels are farther from torchvision's than rounding to bytes. */
  const unlike = (b: number, partner = 0): number =>
    mixes[b]!.filter((_, i) => {
      const { data } = mixes[b]![(i + partner) % COUNT]!.pixels
      const ours = batches[b]!.pixels.subarray(i * SIZE, (i + 1) * SIZE)
      return ours.some((level, p) => Math.abs(level - data[p]!) > 0.5 + 1e-4)
    }).length

  it.each([
    ['mixUp', 0],
    ['cutMix', 1],
  ])('%s: pixels, labels and losses', (_, b) => {
    const { labels, other, share } = batches[b]!
    expect(unlike(b)).toBe(0)
    expect(unlike(b, 1)).toBe(COUNT) // Planted: the next image's.
    mixes[b]!.forEach(({ label, loss }, i) => {
      const soft = new Float64Array(CLASSES)
      soft[labels[i]!]! += share[i]!
      soft[other[i]!]! += 1 - share[i]!
      expect(farthest(soft, label.data)).toBeLessThan(1e-6)
      const ours = lossOf(labels[i]!, other[i]!, share[i]!, logitsOf(i))
      expect(ours).toBeCloseTo(loss.data[0]!, 6)
      // Planted: the shares the other way round.
      const turned = lossOf(other[i]!, labels[i]!, share[i]!, logitsOf(i))
      if (Math.abs(share[i]! - 0.5) > 0.05) expect(turned).not.toBeCloseTo(loss.data[0]!, 6)
    })
  })

  it('randAugment: every pixel, operations one after the other', () => {
    const wrong = (given: readonly { ours: Uint8Array; operations: readonly number[] }[]): string[] =>
      given.flatMap(({ ours, operations }, i) => {
        const count = ours.reduce((n, level, p) => n + Number(level !== augmented[i]!.data[p]), 0)
        return count ? [`${operations.map(o => names[o]).join(', ')}: ${count}`] : []
      })
    expect(wrong(augmentations)).toEqual([])
    expect(new Set(augmentations.flatMap(({ operations }) => operations)).size).toBe(14)
    // Planted: images before any operation.
    expect(wrong(augmentations.map(a => ({ ...a, ours: a.source }))).length).toBeGreaterThan(40)
  })

  it.each(averages.map((a, i) => [a.what, i] as const))('%s: the averaged weights after every step', (_, i) => {
    const { averaging } = averages[i]!
    const ours = follow(averaging)
    ours.forEach((weights, step) => {
      expect(farthest(weights, averaged[i]![step]!.data), `step ${step}`).toBeLessThan(1e-6)
    })
    // Planted: one step late.
    expect(farthest(ours.at(-2)!, averaged[i]!.at(-1)!.data)).toBeGreaterThan(1e-3)
  })
})
