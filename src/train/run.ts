import { makeClassifier, writeClassifier } from '../classifier/save.js'
import { UsageError } from '../core/errors.js'
import { machineFacts, withLock, writeJsonAtomic } from '../host/index.js'
import type { Device } from '../runtime/session.js'
import { readCheckpoint, weightsSha256, writeCheckpoint } from './checkpoint.js'
import type { EndEvent, EpochEvent, NoticeEvent, StartEvent } from './events.js'
import type { FitResult, Progress } from './fit-host.js'
import { openPlan, type TrainingPlan } from './plan.js'
import { parseRecipe, type Recipe } from './recipe.js'
import { openRecipeDataset } from './recipe-dataset.js'
import { packSnapshot, refuseOtherRecipe, unpackSnapshot } from './resume.js'
import { openEvents, openRunFiles, runPaths } from './run-directory.js'
import { notANumberError, runTraining } from './training.js'
import { versions } from './versions.js'

/** What a run needs to know besides its recipe; nothing of it changes the result. */
export interface RunRequest {
  directory: string
  recipe: Recipe
  resume: boolean
  maxSteps?: number | undefined
  device: Device
  threads: number
  dataWorkers?: 0 | 1 | 2 | undefined
  dataDir?: string | undefined
  xdgCacheHome?: string | undefined
}

export interface RunHooks {
  onNote?(message: string): void
  onStart?(event: StartEvent): void
  onProgress?(progress: Progress): void
  onEpoch?(event: EpochEvent): void
  onNotice?(event: NoticeEvent): void
  interrupted(): boolean
}

/** result.json of a run: what training came to. */
export interface RunResult {
  reason: EndEvent['reason']
  message: string
  epochs: number
  steps: number
  seconds: number
  imagesPerSecond: number
  /** Seconds from the start of the process to the end of the first step. */
  firstStepSeconds: number
  trainLoss: number
  trainAccuracy: number | null
  validationLoss: number | null
  validationAccuracy: number | null
  parameters: number
  /** Of the weights after the last step. */
  weightsSha256: string
  /** Which weights model.onnx holds, and their hash. */
  modelWeights: string
  modelWeightsSha256: string
  modelValidationAccuracy: number | null
  peakRssBytes: number
}

/** Trains a recipe in its directory, in this process: events, checkpoints, classifier, result. */
export async function executeRun(request: RunRequest, hooks: RunHooks): Promise<RunResult> {
  return withLock(runPaths(request.directory).lock, () => execute(request, hooks), {
    onWait: holder => hooks.onNote?.(`waiting for process ${holder}, which is writing this run`),
  })
}

async function execute(request: RunRequest, hooks: RunHooks): Promise<RunResult> {
  const { directory, recipe } = request
  const paths = runPaths(directory)
  const snapshot = request.resume ? await snapshotOf(request, hooks) : undefined
  const plan = await readPlan(request, hooks)
  // Nothing else would make the collector look at the 180 MB of CIFAR-10 that were copied into the splits.
  globalThis.gc?.()
  const emit = openEvents(directory)
  let firstStepSeconds = Number.NaN
  let parameters = 0
  const result = await runTraining(plan, {
    device: request.device,
    threads: request.threads,
    dataWorkers: request.dataWorkers,
    maxSteps: request.maxSteps,
    snapshot,
    onReady: network => {
      parameters = network.parameterCount
      const event = startEvent(request, plan, network, snapshot?.step ?? 0)
      emit(event)
      hooks.onStart?.(event)
    },
    onEvent: event => {
      emit(event)
      if (event.type === 'epoch') hooks.onEpoch?.(event)
      if (event.type === 'notice') hooks.onNotice?.(event)
    },
    onProgress: progress => {
      if (Number.isNaN(firstStepSeconds)) firstStepSeconds = process.uptime()
      hooks.onProgress?.(progress)
    },
    save: async at => {
      const { tensors, facts } = packSnapshot(at, recipe)
      await writeCheckpoint(paths.checkpoints, 'last', tensors, facts)
    },
    saveBest: (weights, facts) => writeCheckpoint(paths.checkpoints, 'best', weights, facts),
    files: openRunFiles(directory),
    interrupted: hooks.interrupted,
  })
  const peakRssBytes = process.resourceUsage().maxRSS * 1024
  emit({
    type: 'end',
    time: new Date().toISOString(),
    reason: result.reason,
    epoch: result.epochs,
    step: result.step,
    seconds: result.seconds,
    peakRssBytes,
  })
  const summary = summarize(result, { firstStepSeconds, parameters, peakRssBytes })
  await finish(request, plan, result, summary)
  return summary
}

/** A function of its own, so that the images that no split uses are given back. */
async function readPlan({ recipe, dataDir, xdgCacheHome }: RunRequest, hooks: RunHooks): Promise<TrainingPlan> {
  const onProgress = ({ message }: { message: string }): void => hooks.onNote?.(message)
  const dataset = await openRecipeDataset(recipe, { dataDir, xdgCacheHome, onProgress })
  for (const { path, reason } of dataset.skipped ?? []) hooks.onNote?.(`left out: ${path} (${reason})`)
  return openPlan(recipe, dataset)
}

async function snapshotOf({ directory, recipe }: RunRequest, hooks: RunHooks) {
  const checkpoint = await readCheckpoint(runPaths(directory).checkpoints, 'last')
  if (!checkpoint) {
    hooks.onNote?.('no checkpoint yet: starting from the first step')
    return undefined
  }
  const { snapshot, recipe: before } = unpackSnapshot(checkpoint)
  refuseOtherRecipe(parseRecipe(before), recipe, `checkpoint of ${directory}`)
  if (recipe.epochs < snapshot.history.length)
    throw new UsageError({
      where: '--epochs',
      expected: `at least ${snapshot.history.length}, the epochs that are done`,
      received: String(recipe.epochs),
    })
  return snapshot
}

function startEvent(
  { recipe, device, threads }: RunRequest,
  { training, validation }: TrainingPlan,
  network: { parameterCount: number; multiplyAdds: number },
  step: number,
): StartEvent {
  return {
    type: 'start',
    time: new Date().toISOString(),
    step,
    recipe,
    model: { name: recipe.model.type, parameters: network.parameterCount, multiplyAdds: network.multiplyAdds },
    data: {
      name: recipe.dataset,
      classNames: [...training.classNames],
      trainCount: training.count,
      validationCount: validation?.count ?? 0,
      validationIsTest: recipe.validation.from === 'test',
    },
    machine: {
      ...machineFacts(),
      device,
      threads,
    },
    versions: versions(),
  }
}

function summarize(
  result: FitResult,
  facts: { firstStepSeconds: number; parameters: number; peakRssBytes: number },
): RunResult {
  const last = result.history.at(-1)
  return {
    reason: result.reason,
    message: result.message,
    epochs: result.epochs,
    steps: result.step,
    seconds: result.seconds,
    imagesPerSecond: result.imagesPerSecond,
    firstStepSeconds: facts.firstStepSeconds,
    trainLoss: result.trainLoss,
    trainAccuracy: last?.trainAccuracy ?? null,
    validationLoss: last?.validationLoss ?? null,
    validationAccuracy: last?.validationAccuracy ?? null,
    parameters: facts.parameters,
    weightsSha256: weightsSha256(result.lastWeights),
    modelWeights: result.weightsFrom,
    modelWeightsSha256: weightsSha256(result.weights),
    modelValidationAccuracy: result.weightsValidation?.accuracy ?? null,
    peakRssBytes: facts.peakRssBytes,
  }
}

/** Writes the classifier and the result; a run that diverged leaves its last good checkpoint and says what to try. */
async function finish(
  { directory, recipe }: RunRequest,
  plan: TrainingPlan,
  result: FitResult,
  summary: RunResult,
): Promise<void> {
  const paths = runPaths(directory)
  if (result.reason === 'not-a-number') {
    const kept = await readCheckpoint(paths.checkpoints, 'last').catch(() => undefined)
    const step = (kept?.facts as { step?: number } | undefined)?.step
    throw notANumberError(
      result.message,
      step === undefined
        ? 'no checkpoint was written before it'
        : `the checkpoint of step ${step} is kept in ${paths.checkpoints}`,
    )
  }
  const classifier = makeClassifier({
    layer: plan.layer,
    inputShape: plan.training.shape,
    preprocess: plan.preprocess,
    weights: result.weights,
    testTimeAugmentation: recipe.testTimeAugmentation,
    classNames: plan.training.classNames,
    provenance: {
      recipe: recipe.name,
      seed: recipe.seed,
      dataset: recipe.dataset,
      weights: summary.modelWeights,
      weightsSha256: summary.modelWeightsSha256,
      steps: summary.steps,
      validationAccuracy: summary.modelValidationAccuracy,
      versions: versions(),
    },
  })
  await writeClassifier(paths.model, classifier)
  await writeJsonAtomic(paths.result, summary)
}
