import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const fovea = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/fovea.js')

export interface Outcome {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** The last line of stdout as JSON. */
  json(): Record<string, unknown>
}

export interface Running {
  pid: number
  done: Promise<Outcome>
  signal(name: NodeJS.Signals): void
  /** Ends the process and everything it started, as a power cut would. */
  killAll(): void
}

/** Starts the command line as a user does, in a process group of its own. */
export function start(parameters: readonly string[], cwd: string): Running {
  const child = spawn(process.execPath, [fovea, ...parameters], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', data => (stdout += data))
  child.stderr.on('data', data => (stderr += data))
  const done = new Promise<Outcome>(resolve =>
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout, stderr, json: () => JSON.parse(stdout.trimEnd().split('\n').at(-1)!) }),
    ),
  )
  const send = (target: number, name: NodeJS.Signals): void => {
    try {
      process.kill(target, name)
    } catch {
      // It has ended on its own.
    }
  }
  return { pid: child.pid!, done, signal: name => send(child.pid!, name), killAll: () => send(-child.pid!, 'SIGKILL') }
}

export const run = (parameters: readonly string[], cwd: string): Promise<Outcome> => start(parameters, cwd).done
