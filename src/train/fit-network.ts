import { availableParallelism } from 'node:os'
import type { Classifier } from '../classifier/classifier.js'
import { type Preprocess, unitRange } from '../classifier/preprocess.js'
import { makeClassifier } from '../classifier/save.js'
import type { TestTimeAugmentation } from '../classifier/test-time-augmentation.js'
import type { ImageSet } from '../data/image-set.js'
import type { Transform } from '../data/transforms/schema.js'
import { machineFacts } from '../host/index.js'
import { categoricalCrossentropy, type Loss } from '../nn/losses/categorical-crossentropy.js'
import type { Regularizer } from '../nn/regularizers.js'
import type { Layer } from '../nn/scope.js'
import { adam } from '../optim/adam.js'
import type { Averaging } from '../optim/averaging.js'
import type { Optimizer } from '../optim/optimizer.js'
import { constantRate, type Schedule } from '../optim/schedules.js'
import type { Device } from '../runtime/session.js'
import type { Callback, RunFiles } from './callbacks/callback.js'
import { weightsSha256 } from './checkpoint.js'
import type { EpochEvent, RunEvent, StartEvent } from './events.js'
import { QUANTIZATION_AWARE, type QuantizationAware } from './fake-quantization.js'
import type { FitResult, Progress } from './fit-host.js'
import { LOSS_SCALING, type LossScaling } from './loss-scaling.js'
import { classWeightsOf, type TrainingPlan } from './plan.js'
import type { ResizingPhase } from './resizing-stepper.js'
import { distillationOf } from './teacher.js'
import { notANumberError, runTraining } from './training.js'
import { versions } from './versions.js'

export interface FitOptions {
  /** Images that are only looked at: they score each epoch. */
  validation?: ImageSet
  /** Default 10. */
  epochs?: number
  /** Default 64. */
  batchSize?: number
  /** Of everything random: first weights, order, dropout, augmentation. Default 1. */
  seed?: number
  /** Default adam(). */
  optimizer?: Optimizer
  /** Default constant. */
  schedule?: Schedule
  /** Default categoricalCrossentropy(). */
  loss?: Loss
  /** Default x / 255. Part of the classifier. */
  preprocess?: Preprocess
  augmentation?: Transform | readonly Transform[]
  /** Smaller images in the first part of the run: [{ size: 24, until: 0.6 }]. Default: none. */
  progressiveResizing?: readonly ResizingPhase[]
  callbacks?: readonly Callback[]
  /** ema() or swa(): averaged weights, which are then the ones that are evaluated and kept. */
  averaging?: Averaging
  /** Parts that a batch goes through the network in: the memory of a part, the update of the whole. Default 1. */
  accumulate?: number
  /** Segments of the forward pass; all but the last are computed again for the gradients, not kept. Default: all kept. */
  activationCheckpointing?: number
  /**
   * Products in float16 under a scaled loss, weights in float32; for GPUs, a CPU gains nothing. `{}` takes the defaults:
   * a first scale of 65,536 that doubles after 2,000 good steps. Default: everything in float32.
   */
  mixedPrecision?: Partial<LossScaling>
  /**
   * Weights and activations are rounded as quantizeClassifier will round them, so that the network learns to bear it.
   * `{}` takes its defaults: a scale for each channel, weights of 7 bits. Default: none.
   */
  quantizationAware?: Partial<QuantizationAware>
  kernelRegularizer?: Regularizer
  /** Longest gradient, all parameters together. */
  clipNorm?: number
  classWeights?: 'balanced' | readonly number[]
  testTimeAugmentation?: TestTimeAugmentation
  /** A trained classifier teaches this one: alpha · T² · KL(teacher || student) + (1 - alpha) · loss. */
  distillation?: { teacher: Classifier; temperature?: number; alpha?: number }
  /** Ends after this many steps. */
  maxSteps?: number
  /** Default 'cpu'. */
  device?: Device
  /** Of the runtime; default one per core. */
  threads?: number
  dataWorkers?: 0 | 1 | 2
  /** How reports name the run. Default 'program'. */
  name?: string
  /** Finishes the step under way and ends. */
  signal?: AbortSignal
  onEpoch?: (epoch: EpochEvent) => void
  onProgress?: (progress: Progress) => void
  /** Where callbacks such as csvLogger write; default: nowhere. */
  files?: RunFiles
}

/** What a training came to. */
export interface Fitted {
  classifier: Classifier
  /** One record per epoch. */
  history: EpochEvent[]
  /** Everything that was recorded, for diagnosis and reports. */
  events: RunEvent[]
  reason: FitResult['reason']
  steps: number
  seconds: number
  imagesPerSecond: number
  /** Which weights the classifier holds. */
  weightsFrom: string
  weightsSha256: string
}

const nowhere: RunFiles = { append: () => undefined, truncate: () => undefined }

/**
 * Trains a network on images, in this process: its thread is busy until the promise resolves. (`fovea train` does the
 * same in a process of its own, with checkpoints.)
 *
 * @throws FoveaError where the loss stops being a number
 */
export async function fit(layer: Layer, training: ImageSet, options: FitOptions = {}): Promise<Fitted> {
  const plan = planFor(layer, training, options)
  const machine = { device: options.device ?? ('cpu' as const), threads: options.threads ?? availableParallelism() }
  const events: RunEvent[] = []
  const result = await runTraining(plan, {
    ...machine,
    dataWorkers: options.dataWorkers,
    maxSteps: options.maxSteps,
    onReady: network => {
      events.push(startOf(plan, options, machine, network))
    },
    onEvent: event => {
      events.push(event)
      if (event.type === 'epoch') options.onEpoch?.(event)
    },
    onProgress: options.onProgress,
    files: options.files ?? nowhere,
    interrupted: () => options.signal?.aborted ?? false,
  })
  events.push({
    type: 'end',
    time: new Date().toISOString(),
    reason: result.reason,
    epoch: result.epochs,
    step: result.step,
    seconds: result.seconds,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  })
  if (result.reason === 'not-a-number') throw notANumberError(result.message, 'nothing was kept')
  return fittedOf(plan, options, result, events)
}

function planFor(layer: Layer, training: ImageSet, options: FitOptions): TrainingPlan {
  const { augmentation = [], classWeights, distillation } = options
  return {
    layer,
    training,
    validation: options.validation,
    preprocess: options.preprocess ?? unitRange,
    loss: options.loss ?? categoricalCrossentropy(),
    optimizer: options.optimizer ?? adam(),
    ...(distillation
      ? {
          distillation: distillationOf(
            distillation.teacher,
            { temperature: distillation.temperature ?? 4, alpha: distillation.alpha ?? 0.9 },
            training.classNames,
          ),
        }
      : {}),
    schedule: options.schedule ?? constantRate(),
    averaging: options.averaging,
    accumulate: options.accumulate ?? 1,
    recomputeSegments: options.activationCheckpointing,
    lossScaling: options.mixedPrecision && { ...LOSS_SCALING, ...options.mixedPrecision },
    quantizationAware: options.quantizationAware && { ...QUANTIZATION_AWARE, ...options.quantizationAware },
    kernelRegularizer: options.kernelRegularizer,
    clipNorm: options.clipNorm,
    classWeights: classWeightsOf(
      classWeights === 'balanced' || !classWeights ? (classWeights ?? null) : [...classWeights],
      training,
    ),
    transforms: Array.isArray(augmentation) ? augmentation : [augmentation as Transform],
    progressiveResizing: options.progressiveResizing ?? [],
    batchSize: options.batchSize ?? 64,
    epochs: options.epochs ?? 10,
    seed: options.seed ?? 1,
    callbacks: options.callbacks ?? [],
  }
}

function startOf(
  plan: TrainingPlan,
  { name = 'program' }: FitOptions,
  machine: { device: Device; threads: number },
  network: { parameterCount: number; multiplyAdds: number },
): StartEvent {
  const { training, validation, batchSize, epochs, seed, optimizer, transforms } = plan
  return {
    type: 'start',
    time: new Date().toISOString(),
    step: 0,
    recipe: {
      name,
      optimizer: { type: optimizer.name, learningRate: optimizer.learningRate },
      batchSize,
      epochs,
      seed,
      augmentation: transforms,
      callbacks: plan.callbacks.map(callback => callback.name),
    },
    model: { name, parameters: network.parameterCount, multiplyAdds: network.multiplyAdds },
    data: {
      name: training.name,
      classNames: [...training.classNames],
      trainCount: training.count,
      validationCount: validation?.count ?? 0,
      validationIsTest: validation?.name.endsWith('/test') ?? false,
    },
    machine: {
      ...machineFacts(),
      ...machine,
    },
    versions: versions(),
  }
}

function fittedOf(plan: TrainingPlan, options: FitOptions, result: FitResult, events: RunEvent[]): Fitted {
  const hash = weightsSha256(result.weights)
  const classifier = makeClassifier({
    layer: plan.layer,
    inputShape: plan.training.shape,
    preprocess: plan.preprocess,
    weights: result.weights,
    classNames: plan.training.classNames,
    testTimeAugmentation: options.testTimeAugmentation ?? 'none',
    provenance: {
      recipe: options.name ?? 'program',
      seed: plan.seed,
      dataset: plan.training.name.split('/')[0]!,
      weights: result.weightsFrom,
      weightsSha256: hash,
      steps: result.step,
      validationAccuracy: result.weightsValidation?.accuracy ?? null,
      versions: versions(),
    },
  })
  return {
    classifier,
    history: result.history,
    events,
    reason: result.reason,
    steps: result.step,
    seconds: result.seconds,
    imagesPerSecond: result.imagesPerSecond,
    weightsFrom: result.weightsFrom,
    weightsSha256: hash,
  }
}
