import { FoveaError } from '../core/errors.js'
import { createLoader } from '../data/loader.js'
import { mixes } from '../data/transforms/mix.js'
import { WHITENING_KERNEL } from '../nn/models/whitened-cnn.js'
import { describe, type NetworkDescription } from '../nn/network.js'
import { createStatisticsMeter } from './batch-statistics.js'
import { compile, type Machine } from './compile.js'
import { fitLoop } from './fit.js'
import type { FitHost, FitResult, Snapshot } from './fit-host.js'
import { PruningStepper } from './magnitude-pruning.js'
import type { TrainingPlan } from './plan.js'
import { takePublished } from './published-weights.js'
import { ResizingStepper, type SizedStepper, sizeAt } from './resizing-stepper.js'
import { buildStep, outsideUpdate, type StepPlan } from './step-graph.js'
import { StepRunner } from './step-runner.js'
import { createValidator } from './validation.js'
import { initialWeights, type WeightMap } from './weights.js'
import { whiteningKernel } from './whitening.js'

export interface TrainingHost extends Machine {
  /** Threads that make batches; the result does not depend on it. Default 1. */
  dataWorkers?: 0 | 1 | 2 | undefined
  maxSteps?: number | undefined
  /** Where a resumed run stands. */
  snapshot?: Snapshot | undefined
  onReady?(network: NetworkDescription): void
  onEvent: FitHost['onEvent']
  onProgress?: FitHost['onProgress']
  save?: FitHost['save']
  saveBest?: FitHost['saveBest']
  files: FitHost['files']
  interrupted(): boolean
}

/** Runs a plan on this machine, in this thread: compiles the step, starts the loader, goes through the loop. */
export async function runTraining(plan: TrainingPlan, host: TrainingHost): Promise<FitResult> {
  const { training, validation, batchSize, seed, optimizer, progressiveResizing } = plan
  const planned = planStep(plan)
  const first = host.snapshot ? { weights: host.snapshot.weights } : await firstWeights(planned, plan)
  const startStep = host.snapshot?.step ?? 0
  const totalSteps = plan.epochs * Math.floor(training.count / batchSize)
  const sizeOf = (step: number): number | undefined => sizeAt(progressiveResizing, step, totalSteps)
  const build = async (size: number | undefined, weights: WeightMap): Promise<SizedStepper> => {
    const step = size === undefined ? planned : planStep(plan, size)
    const session = await compile(step.graph, host, { halfProducts: plan.lossScaling && outsideUpdate })
    const update = step.update && (await compile(step.update, host))
    return {
      stepper: new StepRunner(session, step, seed, weights, update),
      release: async () => {
        await session.release()
        await update?.release()
      },
    }
  }
  const stepper = await ResizingStepper.create(build, sizeOf, startStep, first.weights)
  const loader = createLoader({
    set: training,
    batchSize,
    seed,
    transforms: plan.transforms,
    workers: host.dataWorkers ?? 1,
    startStep,
  })
  try {
    host.onReady?.(describe(plan.layer, training.shape))
    if (first.message)
      host.onEvent({ type: 'notice', epoch: 0, step: 0, source: 'initialWeights', message: first.message })
    return await fitLoop({
      stepper: plan.pruning ? new PruningStepper(stepper, plan.pruning, totalSteps) : stepper,
      batches: {
        next: async () => loader.tryNext() ?? loader.next(),
        release: batch => loader.release(batch as never),
      },
      batchSize,
      stepsPerEpoch: loader.stepsPerEpoch,
      epochs: plan.epochs,
      maxSteps: host.maxSteps,
      learningRate: optimizer.learningRate,
      schedule: plan.schedule,
      averaging: plan.averaging,
      measure: plan.averaging && createStatisticsMeter(plan, host),
      callbacks: plan.callbacks,
      trainable: planned.trainable,
      validate: validation && createValidator(plan, validation, host),
      onEvent: host.onEvent,
      onProgress: host.onProgress,
      save: host.save,
      saveBest: host.saveBest,
      files: host.files,
      now: () => performance.now(),
      rssBytes: () => process.memoryUsage.rss(),
      breathe: () => new Promise(resolve => setImmediate(resolve)),
      interrupted: host.interrupted,
      snapshot: host.snapshot,
    })
  } finally {
    await loader.close()
    await stepper.release()
  }
}

const planStep = (plan: TrainingPlan, imageSize?: number): StepPlan =>
  buildStep({
    ...plan,
    averaged: plan.averaging !== undefined,
    mixedLabels: mixes(plan.transforms),
    inputShape: plan.training.shape,
    classes: plan.training.classNames.length,
    ...(imageSize === undefined ? {} : { imageSize }),
  })

/** Random first weights, or published ones and what to say of them; a whitening layer starts from the training images instead. */
async function firstWeights(
  step: StepPlan,
  { training, preprocess, seed, initialWeights: published }: TrainingPlan,
): Promise<{ weights: WeightMap; message?: string }> {
  const weights = initialWeights(step.parameters, step.statistics, seed)
  const kernel = weights.get(WHITENING_KERNEL)
  if (kernel) weights.set(WHITENING_KERNEL, whiteningKernel(training, preprocess, kernel.shape[2]!))
  return published ? { weights, message: takePublished(weights, step, await published()) } : { weights }
}

/** What to say, and try, when a loss is not a number. */
export const notANumberError = (message: string, checkpoint: string): FoveaError =>
  new FoveaError({
    where: 'training',
    expected: 'a loss that is a number',
    received: message,
    fix: `lower the learning rate (--set optimizer.learningRate=...), clip gradients (--set clipNorm=1) or add batch normalisation; ${checkpoint}`,
  })
