import { UsageError } from '../../core/errors.js'
import { type RandomStream, randomStream } from '../../core/random.js'
import { applyGenerator, blankGeneratorParameters, drawGenerator } from './generator.js'
import { createRandAugment } from './rand-augment.js'
import { eraseRandomly } from './random-erasing.js'
import { applyRemap, blankRemap, cropRemap, flips, type Remap, resetRemap } from './remap.js'
import type {
  Cutout,
  ImageDataGenerator,
  RandAugment,
  RandomCrop,
  RandomErasing,
  RandomFlip,
  Transform,
  TrivialAugment,
} from './schema.js'

type Shape = readonly [channels: number, height: number, width: number]

/** Which image this is in the run: all that its random numbers depend on. */
export interface SampleKey {
  seed: number
  epoch: number
  /** Index in the training set, not in the batch. */
  index: number
}

/**
 * Writes the transformed image at `source[from]` to `target[to]`; both uint8 [C, H, W]. Allocates nothing the size of
 * an image, so one function serves one thread for a whole run; it is not reentrant.
 */
export type Augment = (source: Uint8Array, from: number, target: Uint8Array, to: number, key: SampleKey) => void

type Stage = (
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  key: SampleKey,
  stream: RandomStream,
) => void

function generatorStage(options: ImageDataGenerator, shape: Shape): Stage {
  const work = new Float32Array(shape[0] * shape[1] * shape[2])
  const matrix = new Float64Array(6)
  const parameters = blankGeneratorParameters()
  return (source, from, target, to, _key, stream) => {
    drawGenerator(options, shape, stream, parameters)
    applyGenerator(source, from, target, to, shape, parameters, options, work, matrix)
  }
}

/** One gather for a whole run of crops and flips. */
function remapStage(run: readonly (RandomCrop | RandomFlip)[], shape: Shape): Stage {
  const value = run.find(step => step.type === 'randomCrop')?.value ?? 0
  const remap: Remap = blankRemap(shape[1], shape[2], value)
  const scratch = new Int32Array(Math.max(shape[1], shape[2]))
  return (source, from, target, to, key, stream) => {
    resetRemap(remap)
    for (const step of run)
      if (step.type === 'randomCrop') cropRemap(remap, step, stream, scratch)
      else if (flips(step.mode, stream, key.seed, key.epoch, key.index)) remap.columns.reverse()
    applyRemap(source, from, target, to, shape, remap)
  }
}

function cutoutStage({ size, value }: Cutout, [channels, height, width]: Shape): Stage {
  return (source, from, target, to, _key, stream) => {
    const length = channels * height * width
    if (source !== target || from !== to) target.set(source.subarray(from, from + length), to)
    const top = stream.integer(height) - (size >> 1)
    const left = stream.integer(width) - (size >> 1)
    const firstColumn = Math.max(0, left)
    const endColumn = Math.min(width, left + size)
    for (let c = 0; c < channels; c++)
      for (let row = Math.max(0, top); row < Math.min(height, top + size); row++) {
        const start = to + (c * height + row) * width
        target.fill(value, start + firstColumn, start + endColumn)
      }
  }
}

function erasingStage(step: RandomErasing, shape: Shape): Stage {
  const length = shape[0] * shape[1] * shape[2]
  return (source, from, target, to, _key, stream) => {
    if (source !== target || from !== to) target.set(source.subarray(from, from + length), to)
    eraseRandomly(step, target, to, shape, stream)
  }
}

function randAugmentStage(step: RandAugment | TrivialAugment, shape: Shape): Stage {
  if (shape[0] !== 1 && shape[0] !== 3)
    throw new UsageError({ where: step.type, expected: 'images of 1 or 3 channels', received: String(shape[0]) })
  const length = shape[0] * shape[1] * shape[2]
  const augment = createRandAugment(step, shape)
  return (source, from, target, to, _key, stream) =>
    augment(source.subarray(from, from + length), target.subarray(to, to + length), stream)
}

function wholeImageStage(step: Exclude<Transform, RandomCrop | RandomFlip>, shape: Shape): Stage {
  switch (step.type) {
    case 'cutout':
      return cutoutStage(step, shape)
    case 'imageDataGenerator':
      return generatorStage(step, shape)
    case 'randomErasing':
      return erasingStage(step, shape)
    case 'randAugment':
    case 'trivialAugment':
      return randAugmentStage(step, shape)
    default:
      throw new UsageError({
        where: 'transforms',
        expected: 'transforms of one image: mixUp and cutMix belong to a loader',
        received: JSON.stringify(step),
      })
  }
}

/** Neighbouring crops and flips become one stage; crops that pad with different constants cannot share one. */
function stagesOf(plan: readonly Transform[], shape: Shape): Stage[] {
  const stages: Stage[] = []
  let run: (RandomCrop | RandomFlip)[] = []
  const flush = () => {
    if (run.length > 0) stages.push(remapStage(run, shape))
    run = []
  }
  for (const step of plan) {
    if (step.type === 'randomFlip') run.push(step)
    else if (step.type === 'randomCrop') {
      if (run.some(other => other.type === 'randomCrop' && other.value !== step.value)) flush()
      run.push(step)
    } else {
      flush()
      stages.push(wholeImageStage(step, shape))
    }
  }
  flush()
  return stages
}

/**
 * Turns a plan into a function for images of one shape. Every image draws from `randomStream(seed, 'augment', epoch,
 * index)`, shared by its transforms in plan order: the same image in the same epoch gets the same bytes in any thread.
 * An empty plan copies.
 */
export function compileTransforms(plan: readonly Transform[], shape: Shape): Augment {
  const size = shape[0] * shape[1] * shape[2]
  const stages = stagesOf(plan, shape)
  if (stages.length === 0) return (source, from, target, to) => target.set(source.subarray(from, from + size), to)
  const [first, ...rest] = stages as [Stage, ...Stage[]]
  const between = new Uint8Array(rest.length > 0 ? size : 0)
  return (source, from, target, to, key) => {
    const stream = randomStream(key.seed, 'augment', key.epoch, key.index)
    first(source, from, target, to, key, stream)
    for (const stage of rest) {
      between.set(target.subarray(to, to + size))
      stage(between, 0, target, to, key, stream)
    }
  }
}
