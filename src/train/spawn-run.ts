import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import { FoveaError, UsageError } from '../core/errors.js'
import { siblingModule } from '../host/index.js'
import type { BenchRequest, BenchResult } from './bench.js'
import type { RangeRequest, RangeResult } from './learning-rate-range.js'
import type { RunRequest, RunResult } from './run.js'
import type { FromRun, ToRun } from './run-messages.js'

export interface SpawnedRun {
  /** Rejects with the error of the run, or one that says how the process died. */
  result: Promise<RunResult>
  /** Lets the step under way finish, saves, ends. */
  interrupt(): void
  /** Ends the process at once; the last checkpoint stays. */
  kill(): void
}

/** glibc gives big blocks as huge pages: the first steps take half the time (measured, docs/engine.md). */
const HUGE_PAGES = 'glibc.malloc.hugetlb=1'

/**
 * V8 flags of a run's process. V8's helper threads wake after each step to free what the step fetched, and take the
 * cores from the runtime's threads: without them a step of the walk-through's network takes 70 ms instead of 78, its
 * look at the youngest objects 0.7 ms instead of 1 to 4 (medians, two cores, four processes each in turn).
 */
export const runFlags = ['--expose-gc', '--single-threaded-gc'] as const

export function runEnvironment(environment: NodeJS.ProcessEnv, platform = process.platform): NodeJS.ProcessEnv {
  if (platform !== 'linux') return environment
  const kept = environment.GLIBC_TUNABLES
  if (kept?.includes('glibc.malloc.hugetlb')) return environment
  return { ...environment, GLIBC_TUNABLES: kept ? `${kept}:${HUGE_PAGES}` : HUGE_PAGES }
}

/** A process that loads what training needs while its parent still reads flags and recipe. */
export interface RunProcess {
  child: ChildProcess
  send(message: ToRun): void
  /** Ends a process that was given no work; one that works is left to it. */
  discard(): void
}

/** Lends `work` a process that loads meanwhile; it gives it something to do with `spawnRun` or `spawnBench`. */
export async function withRunProcess<T>(
  environment: NodeJS.ProcessEnv,
  work: (runProcess: RunProcess) => Promise<T>,
): Promise<T> {
  const runProcess = startRunProcess(environment)
  try {
    return await work(runProcess)
  } finally {
    runProcess.discard()
  }
}

function startRunProcess(environment: NodeJS.ProcessEnv): RunProcess {
  const { path, execArgv } = siblingModule(import.meta.url, './run-process')
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc']
  const child = fork(path, { execArgv: [...runFlags, ...execArgv], env: runEnvironment(environment), stdio })
  let hasWork = false
  return {
    child,
    send(message) {
      hasWork = true
      if (child.connected) child.send(message)
    },
    discard() {
      if (!hasWork) child.kill('SIGKILL')
    },
  }
}

/** Times training steps in a fresh process. */
export const spawnBench = (runProcess: RunProcess, request: BenchRequest): Promise<BenchResult> =>
  measure(runProcess, { type: 'bench', request }, message => (message.type === 'measured' ? message.result : undefined))

/** Runs a learning-rate range test in a fresh process. */
export const spawnRangeTest = (
  runProcess: RunProcess,
  request: RangeRequest,
  onNote: (message: string) => void,
): Promise<RangeResult> =>
  measure(runProcess, { type: 'find-rate', request }, message => {
    if (message.type === 'note') onNote(message.message)
    return message.type === 'swept' ? message.result : undefined
  })

function measure<Result>(
  { child, send }: RunProcess,
  order: ToRun,
  resultIn: (message: FromRun) => Result | undefined,
): Promise<Result> {
  send(order)
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromRun) => {
      const result = resultIn(message)
      if (result) resolve(result)
      else if (message.type === 'failed') reject(errorOf(message))
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(deathOf(code, signal)))
  })
}

/**
 * Trains in a process of its own: a step occupies its thread, and what the runtime allocated goes back to the system
 * when the process ends.
 */
export function spawnRun(
  { child, send }: RunProcess,
  request: RunRequest,
  onMessage: (message: FromRun) => void,
): SpawnedRun {
  const result = new Promise<RunResult>((resolve, reject) => {
    child.on('message', (message: FromRun) => {
      if (message.type === 'finished') resolve(message.result)
      else if (message.type === 'failed') reject(errorOf(message))
      else onMessage(message)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(deathOf(code, signal, request.directory)))
    // It may have died while the recipe was being read.
    if (child.exitCode !== null || child.signalCode !== null)
      reject(deathOf(child.exitCode, child.signalCode, request.directory))
  })
  send({ type: 'train', request })
  return { result, interrupt: () => send({ type: 'interrupt' }), kill: () => child.kill('SIGKILL') }
}

function errorOf({ message, complaint, usage }: Extract<FromRun, { type: 'failed' }>): Error {
  if (!complaint) return new Error(message)
  return usage ? new UsageError(complaint) : new FoveaError(complaint)
}

function deathOf(code: number | null, signal: NodeJS.Signals | null, directory?: string): FoveaError {
  const memory = signal === 'SIGKILL' ? ' (the system does that when memory runs out)' : ''
  const less = 'a smaller --batch-size needs less memory'
  return new FoveaError({
    where: directory ? `the process that trains ${directory}` : 'the process that measures',
    expected: 'its result',
    received: signal ? `its end by ${signal}${memory}` : `its end with exit code ${code}`,
    fix: directory ? `go on from its last checkpoint with --resume ${directory}${memory && `; ${less}`}` : less,
  })
}
