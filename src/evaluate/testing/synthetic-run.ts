/**
 * Runs that never ran, for tests: the curves are formulas, the noise has the size that sampling gives it, and the
 * result goes through the same text that a real run writes.
 */
import { type RandomStream, randomStream } from '../../core/random.js'
import type { ActivationStatistics, EpochEvent, RunEvent, StartEvent, StepEvent } from '../../train/events.js'
import { recipeNamed } from '../../train/recipes/index.js'
import { type History, parseHistory } from '../history.js'

export const cifarClasses = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

export const kernelNames = ['conv2d', 'conv2d_1', 'conv2d_2', 'conv2d_3', 'dense', 'dense_1'].map(
  name => `${name}/kernel`,
)

export interface SyntheticRun {
  seed?: number
  epochs: number
  stepsPerEpoch?: number
  logEvery?: number
  batchSize?: number
  /** True means at `progress`, counted in epochs from 0. */
  trainLoss: (progress: number) => number
  trainAccuracy: (progress: number) => number
  validationLoss: (epoch: number) => number
  validationAccuracy: (epoch: number) => number
  learningRate?: (epoch: number) => number
  /** Loss of one logged step, from its mean; the default adds sampling noise with a heavy tail. */
  stepLoss?: (mean: number, random: RandomStream, progress: number) => number
  gradientNorm?: (parameter: string, place: number, progress: number) => number
  parameterNorm?: (parameter: string, place: number, progress: number) => number
  activations?: (epoch: number) => ActivationStatistics[]
  start?: {
    recipe?: Record<string, unknown>
    model?: Partial<StartEvent['model']>
    data?: Partial<StartEvent['data']>
    machine?: Partial<StartEvent['machine']>
  }
  imagesPerSecond?: number
}

function startOf({ start = {}, stepsPerEpoch = 700, batchSize = 64 }: SyntheticRun): StartEvent {
  return {
    type: 'start',
    time: '2026-11-24T08:00:00.000Z',
    step: 0,
    recipe: start.recipe ?? { ...recipeNamed('walk-through'), batchSize, seed: 7 },
    model: { name: 'baseline', parameters: 1_116_970, multiplyAdds: 25_400_000, ...start.model },
    data: {
      name: 'cifar10',
      classNames: cifarClasses,
      trainCount: stepsPerEpoch * batchSize,
      validationCount: 5000,
      validationIsTest: false,
      ...start.data,
    },
    machine: {
      processor: 'Synthetic 9000',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      platform: 'linux-x64',
      device: 'cpu',
      threads: 2,
      ...start.machine,
    },
    versions: { fovea: '0.1.0', node: '20.19.0', 'onnxruntime-node': '1.30.0' },
  }
}

const samplingNoise = (mean: number, batchSize: number, random: RandomStream): number => {
  const scale = (Math.max(0.4, Math.min(1.1, mean * 1.6)) / Math.sqrt(batchSize)) * (random.chance(0.02) ? 2.5 : 1)
  return Math.max(1e-4, mean + scale * random.normal())
}

function stepOf(run: SyntheticRun, epoch: number, step: number, random: RandomStream): StepEvent {
  const { stepsPerEpoch = 700, batchSize = 64, learningRate = () => 1e-3 } = run
  const progress = step / stepsPerEpoch
  const mean = run.trainLoss(progress)
  const accuracy = run.trainAccuracy(progress)
  const norms = (of: (name: string, place: number) => number) =>
    Object.fromEntries(kernelNames.map((name, i) => [name, of(name, i)]))
  const gradient = run.gradientNorm ?? ((_name, place) => 0.4 + 0.1 * place)
  const weight = run.parameterNorm ?? ((_name, place, at) => 4 + place + 0.3 * Math.sqrt(at))
  return {
    type: 'step',
    step,
    epoch,
    loss: run.stepLoss ? run.stepLoss(mean, random, progress) : samplingNoise(mean, batchSize, random),
    accuracy: Math.min(1, Math.max(0, accuracy + Math.sqrt((accuracy * (1 - accuracy)) / batchSize) * random.normal())),
    learningRate: learningRate(epoch),
    gradientNorms: norms((name, place) => gradient(name, place, progress) * Math.exp(0.35 * random.normal())),
    parameterNorms: norms((name, place) => weight(name, place, progress)),
    stepMs: 55 + 3 * random.normal(),
  }
}

function epochOf(run: SyntheticRun, epoch: number, random: RandomStream): EpochEvent {
  const { stepsPerEpoch = 700, batchSize = 64, learningRate = () => 1e-3, imagesPerSecond = 1100 } = run
  const middle = epoch - 0.5
  const speed = imagesPerSecond * (1 + 0.03 * random.normal())
  return {
    type: 'epoch',
    epoch,
    step: epoch * stepsPerEpoch,
    seconds: (stepsPerEpoch * batchSize) / speed,
    imagesPerSecond: speed,
    trainLoss: run.trainLoss(middle) * (1 + 0.006 * random.normal()),
    trainAccuracy: Math.min(1, run.trainAccuracy(middle) + 0.002 * random.normal()),
    validationLoss: run.validationLoss(epoch) * (1 + 0.02 * random.normal()),
    validationAccuracy: Math.min(1, run.validationAccuracy(epoch) + 0.006 * random.normal()),
    learningRate: learningRate(epoch),
    activations: run.activations?.(epoch) ?? [
      { layer: 'conv2d', mean: 0.3, standardDeviation: 0.5, zeroFraction: 0.52 },
      { layer: 'dense', mean: 0.1, standardDeviation: 0.4, zeroFraction: 0.93 },
    ],
  }
}

export function syntheticEvents(run: SyntheticRun): RunEvent[] {
  const { seed = 1, epochs, stepsPerEpoch = 700, logEvery = 20 } = run
  const random = randomStream(seed, 'synthetic run')
  const events: RunEvent[] = [startOf(run)]
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let step = (epoch - 1) * stepsPerEpoch + 1; step <= epoch * stepsPerEpoch; step++)
      if (step % logEvery === 0 || step === 1) events.push(stepOf(run, epoch, step, random))
    events.push(epochOf(run, epoch, random))
  }
  const step = epochs * stepsPerEpoch
  events.push({
    type: 'end',
    time: '2026-11-24T08:20:00.000Z',
    reason: 'completed',
    epoch: epochs,
    step,
    seconds: 1200,
    peakRssBytes: 9e8,
  })
  return events
}

export const linesOf = (events: readonly RunEvent[]): string =>
  events.map(event => `${JSON.stringify(event)}\n`).join('')

export const syntheticHistory = (run: SyntheticRun): History => parseHistory(linesOf(syntheticEvents(run)))
