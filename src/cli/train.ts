import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { UsageError } from '../core/errors.js'
import { checkDataset } from '../data/datasets/index.js'
import type { EvaluationResult } from '../evaluate/result.js'
import { writeJsonAtomic } from '../host/index.js'
import { viewsInWords } from '../report/views.js'
import { withFileHashes } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
import type { RunRequest, RunResult } from '../train/run.js'
import { createRunDirectory, defaultRunDirectory, removeUnbegun, runPaths } from '../train/run-directory.js'
import type { FromRun } from '../train/run-messages.js'
import { type RunProcess, type SpawnedRun, spawnRun } from '../train/spawn-run.js'
import type { CommandContext } from './commands/index.js'
import { plainDisplay, type TrainDisplay, terminalDisplay } from './train-display.js'
import { isUntouched, type RecipeFlags, recipeOf, recipeOfResumed, withFlags } from './train-recipe.js'

export interface TrainFlags extends RecipeFlags {
  maxSteps?: number | undefined
  threads?: number | undefined
  device: RunRequest['device']
  out?: string | undefined
  resume?: string | undefined
  dataDir?: string | undefined
  dataWorkers?: number | undefined
  json: boolean
}

/** What `fovea train --json` prints. */
export interface TrainSummary {
  run: string
  epochs: number
  steps: number
  seconds: number
  imagesPerSecond: number
  trainLoss: number
  validationAccuracy: number | null
  testAccuracy: number | null
  parameters: number
  weightsSha256: string
  reason: RunResult['reason']
  modelWeights: string
  modelWeightsSha256: string
  firstStepSeconds: number
  peakRssBytes: number
}

/** `fovea train`: prepares the run directory, trains in a process of its own, evaluates on the test images. */
export async function train(flags: TrainFlags, context: CommandContext, runProcess: RunProcess): Promise<TrainSummary> {
  return trainPrepared(await prepare(flags), flags, context, runProcess)
}

/** A run whose directory and recipe are there. */
export interface PreparedRun {
  directory: string
  recipe: Recipe
  resume: boolean
}

export type RunFlags = Pick<TrainFlags, 'maxSteps' | 'threads' | 'device' | 'dataDir' | 'dataWorkers' | 'json'>

export async function trainPrepared(
  { directory, recipe, resume }: PreparedRun,
  flags: RunFlags,
  context: CommandContext,
  runProcess: RunProcess,
): Promise<TrainSummary> {
  const stream = flags.json ? process.stderr : process.stdout
  const display = await displayFor(stream, context)
  const request: RunRequest = {
    directory,
    recipe,
    resume,
    maxSteps: flags.maxSteps,
    device: flags.device,
    threads: flags.threads ?? availableParallelism(),
    dataWorkers: dataWorkers(flags),
    dataDir: flags.dataDir,
    xdgCacheHome: context.cacheHome,
  }
  const result = await runWatched(request, runProcess, display)
  const resumeCommand = `fovea train ${recipe.dataset} --resume ${directory}`
  if (result.reason === 'interrupted') {
    context.setExitCode('interrupted')
    stream.write(`saved after step ${result.steps}; go on with: ${resumeCommand}\n`)
    return summaryOf(directory, result, undefined)
  }
  const evaluation = await evaluateOnTest(directory, context, flags.dataDir)
  stream.write(`${conclusion(directory, result, evaluation)}\n`)
  return summaryOf(directory, result, evaluation)
}

async function prepare(flags: TrainFlags): Promise<PreparedRun> {
  const { out, resume } = flags
  if (out !== undefined && resume !== undefined && relative(out, resume) !== '')
    throw new UsageError({
      where: '--out',
      expected: `the directory of --resume, ${resume}, or no --out`,
      received: out,
      fix: 'a resumed run goes on in its own directory',
    })
  if (resume !== undefined && !(flags.recipe !== undefined && (await isUntouched(resume)))) {
    const recipe = await recipeOfResumed(resume, flags)
    await writeJsonAtomic(runPaths(resume).recipe, recipe)
    return { directory: resume, recipe, resume: true }
  }
  const recipe = await withFileHashes(withFlags(await recipeOf(flags.recipe ?? 'baseline'), flags))
  await checkDataset(recipe.dataset)
  const directory = resume ?? out ?? defaultRunDirectory(recipe.name, new Date())
  await createRunDirectory(directory, recipe)
  return { directory, recipe, resume: false }
}

function dataWorkers({ dataWorkers: given }: RunFlags): 0 | 1 | 2 | undefined {
  if (given === undefined || given === 0 || given === 1 || given === 2) return given
  throw new UsageError({ where: '--data-workers', expected: '0, 1 or 2', received: String(given) })
}

async function displayFor(stream: NodeJS.WriteStream, context: CommandContext): Promise<TrainDisplay> {
  const write = (text: string): void => {
    stream.write(text)
  }
  if (!stream.isTTY || context.environment.CI) return plainDisplay({ write })
  const { createLogUpdate } = await import('log-update')
  return terminalDisplay({ write, repaint: createLogUpdate(stream, { showCursor: false }) })
}

/** Starts the process, shows what it tells, and turns Ctrl-C into a request to finish. */
async function runWatched(request: RunRequest, runProcess: RunProcess, display: TrainDisplay): Promise<RunResult> {
  let firstStepSeconds: number | undefined
  let run: SpawnedRun | undefined
  let asked = false
  const onSignal = (): void => {
    if (asked) run?.kill()
    else {
      display.note('finishing the step and saving; Ctrl-C again ends at once')
      run?.interrupt()
    }
    asked = true
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    run = spawnRun(runProcess, request, message => {
      if (message.type === 'progress') firstStepSeconds ??= process.uptime()
      show(message, request, display)
    })
    const result = await run.result
    // Counted from the start of this process: what a person waits for.
    return { ...result, firstStepSeconds: firstStepSeconds ?? result.firstStepSeconds }
  } catch (error) {
    if (!request.resume) await removeUnbegun(request.directory)
    throw error
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    display.end()
  }
}

function show(message: FromRun, { recipe, device, threads }: RunRequest, display: TrainDisplay): void {
  if (message.type === 'note') display.note(message.message)
  else if (message.type === 'progress') display.progress(message.progress)
  else if (message.type === 'epoch') display.epoch(message.event, recipe.epochs)
  else if (message.type === 'notice') display.notice(message.event)
  else if (message.type === 'start') {
    const { data, model, step } = message.event
    const leak = data.validationIsTest ? ' · validation on the TEST images: the choice of the best epoch leaks' : ''
    const from = step > 0 ? ` · from step ${step}` : ''
    display.start(
      message.event,
      `${recipe.name}: ${data.name}, ${data.trainCount} images · ${model.name}, ${model.parameters.toLocaleString('en-US')} parameters` +
        ` · ${recipe.optimizer.type} ${recipe.optimizer.learningRate} · ${device}, ${threads} threads${from}${leak}`,
    )
  }
}

/** Undefined where the data set has no test images. */
async function evaluateOnTest(
  directory: string,
  context: CommandContext,
  dataDir: string | undefined,
): Promise<EvaluationResult | undefined> {
  const { evaluateTest } = await import('../runs/evaluate-run.js')
  return evaluateTest({ path: directory, dataDir, cacheHome: context.cacheHome })
}

function summaryOf(directory: string, result: RunResult, evaluation: EvaluationResult | undefined): TrainSummary {
  return {
    run: directory,
    epochs: result.epochs,
    steps: result.steps,
    seconds: result.seconds,
    imagesPerSecond: result.imagesPerSecond,
    trainLoss: result.trainLoss,
    validationAccuracy: result.modelValidationAccuracy,
    testAccuracy: evaluation?.accuracy ?? null,
    parameters: result.parameters,
    weightsSha256: result.weightsSha256,
    reason: result.reason,
    modelWeights: result.modelWeights,
    modelWeightsSha256: result.modelWeightsSha256,
    firstStepSeconds: result.firstStepSeconds,
    peakRssBytes: result.peakRssBytes,
  }
}

function conclusion(directory: string, result: RunResult, evaluation: EvaluationResult | undefined): string {
  // An accuracy never goes without its conditions.
  const views = evaluation ? viewsInWords[evaluation.testTimeAugmentation] : ''
  const test = evaluation
    ? `test accuracy ${(100 * evaluation.accuracy).toFixed(2)} % (${evaluation.count} images${views})`
    : 'no test images'
  return `${result.message}; model.onnx holds the weights of ${result.modelWeights}; ${test}\nrun: ${directory}`
}
