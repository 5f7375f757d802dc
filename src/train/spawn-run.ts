import { fork } from 'node:child_process'
import { FoveaError, UsageError } from '../core/errors.js'
import { siblingModule } from '../host/index.js'
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

/**
 * Trains in a process of its own: a step occupies its thread, and what the runtime allocated goes back to the system
 * when the process ends.
 */
export function spawnRun(
  request: RunRequest,
  environment: NodeJS.ProcessEnv,
  onMessage: (message: FromRun) => void,
): SpawnedRun {
  const { path, execArgv } = siblingModule(import.meta.url, './run-process')
  const child = fork(path, {
    execArgv,
    env: runEnvironment(environment),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const send = (message: ToRun): void => {
    if (child.connected) child.send(message)
  }
  const result = new Promise<RunResult>((resolve, reject) => {
    child.on('message', (message: FromRun) => {
      if (message.type === 'finished') resolve(message.result)
      else if (message.type === 'failed') reject(errorOf(message))
      else onMessage(message)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(deathOf(request.directory, code, signal)))
  })
  send({ type: 'train', request })
  return { result, interrupt: () => send({ type: 'interrupt' }), kill: () => child.kill('SIGKILL') }
}

function errorOf({ message, complaint, usage }: Extract<FromRun, { type: 'failed' }>): Error {
  if (!complaint) return new Error(message)
  return usage ? new UsageError(complaint) : new FoveaError(complaint)
}

function deathOf(directory: string, code: number | null, signal: NodeJS.Signals | null): FoveaError {
  const memory = signal === 'SIGKILL' ? ' (the system does that when memory runs out)' : ''
  return new FoveaError({
    where: `the process that trains ${directory}`,
    expected: 'its result',
    received: signal ? `its end by ${signal}${memory}` : `its end with exit code ${code}`,
    fix: `go on from its last checkpoint with --resume ${directory}${memory ? '; a smaller --batch-size needs less memory' : ''}`,
  })
}
