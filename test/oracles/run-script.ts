import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Runs a Python script of this folder and gives its stdout. */
export const runScript = (interpreter: string, script: string, args: readonly string[] = []): string =>
  execFileSync(interpreter, [join(import.meta.dirname, script), ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
