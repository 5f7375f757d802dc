import { fork, type StdioOptions } from 'node:child_process'
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

export function runEnvironment(environment: NodeJS.ProcessEnv, platform = process.platform): NodeJS.ProcessEnv {
  if (platform !== 'linux') return environment
  const kept = environment.GLIBC_TUNABLES
  if (kept?.includes('glibc.malloc.hugetlb')) return environment
  return { ...environment, GLIBC_TUNABLES: kept ? `${kept}:${HUGE_PAGES}` : HUGE_PAGES }
}

function startProcess(environment: NodeJS.ProcessEnv) {
  const { path, execArgv } = siblingModule(import.meta.url, './run-process')
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc']
  const child = fork(path, { execArgv: ['--expose-gc', ...execArgv], env: runEnvironment(environment), stdio })
  const send = (message: ToRun): void => {
    if (child.connected) child.send(message)
  }
  return { child, send }
}

/** Times training steps in a fresh process. */
export const spawnBench = (request: BenchRequest, environment: NodeJS.ProcessEnv): Promise<BenchResult> =>
  measure({ type: 'bench', request }, environment, message =>
    message.type === 'measured' ? message.result : undefined,
  )

/** Runs a learning-rate range test in a fresh process. */
export const spawnRangeTest = (
  request: RangeRequest,
  environment: NodeJS.ProcessEnv,
  onNote: (message: string) => void,
): Promise<RangeResult> =>
  measure({ type: 'find-rate', request }, environment, message => {
    if (message.type === 'note') onNote(message.message)
    return message.type === 'swept' ? message.result : undefined
  })

function measure<Result>(
  order: ToRun,
  environment: NodeJS.ProcessEnv,
  resultIn: (message: FromRun) => Result | undefined,
): Promise<Result> {
  const { child, send } = startProcess(environment)
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
  request: RunRequest,
  environment: NodeJS.ProcessEnv,
  onMessage: (message: FromRun) => void,
): SpawnedRun {
  const { child, send } = startProcess(environment)
  const result = new Promise<RunResult>((resolve, reject) => {
    child.on('message', (message: FromRun) => {
      if (message.type === 'finished') resolve(message.result)
      else if (message.type === 'failed') reject(errorOf(message))
      else onMessage(message)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(deathOf(code, signal, request.directory)))
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
