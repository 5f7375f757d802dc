import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Runs a Python script of this folder and gives its stdout. */
export const runScript = (interpreter: string, script: string, args: readonly string[] = []): string =>
  execFileSync(interpreter, [join(import.meta.dirname, script), ...args], {
    encoding: 'utf8',
    // Python's onnxruntime reports to its maker as well, unless it is told before it starts.
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
