import { fork } from 'node:child_process'
import { join } from 'node:path'

export interface FuzzOptions {
  count: number
  seed: number
  /** Inputs read by one child before a fresh one takes over. */
  chunk?: number
  /** Longest time for one input. */
  limitMs?: number
  /** An error that the last input of each child commits. */
  planted?: 'crash' | 'hang' | 'memory' | 'outside' | 'error'
  onProgress?: (done: number) => void
}

export interface FuzzResult {
  inputs: number
  read: number
  refused: number
  /** Inputs that ended in anything else; `seed` and `input` make them again. */
  findings: { input: number; seed: number; name: string; outcome: string }[]
}

type Message = { start: number; name: string } | { end: number; name: string; outcome: string }

/** Mutations of real files through the readers of ONNX and TFLite, in children with limits of time and memory. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { count, seed, chunk = 1000, onProgress } = options
  const result: FuzzResult = { inputs: 0, read: 0, refused: 0, findings: [] }
  for (let from = 0; from < count; ) {
    from = await runChild(options, seed, from, Math.min(from + chunk, count), result)
    onProgress?.(from)
  }
  return result
}

/** Gives the number of the next input: one that ended its child is not tried again. */
function runChild(
  { limitMs = 5000, planted }: FuzzOptions,
  seed: number,
  from: number,
  to: number,
  result: FuzzResult,
): Promise<number> {
  const child = fork(
    join(import.meta.dirname, 'fuzz-child.ts'),
    [String(seed), String(from), String(to), planted ?? ''],
    {
      execArgv: ['--import', 'tsx', '--max-old-space-size=1024'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    },
  )
  let current: { input: number; name: string } | undefined
  let next = from
  let reason: string | undefined
  let timer: NodeJS.Timeout | undefined
  const watch = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      reason = `ran longer than ${limitMs} ms`
      child.kill('SIGKILL')
    }, limitMs)
  }
  const record = (input: number, name: string, outcome: string): void => {
    result.inputs++
    if (outcome === 'read') result.read++
    else if (outcome === 'refused') result.refused++
    else result.findings.push({ input, seed, name, outcome })
    next = input + 1
    current = undefined
  }
  child.on('message', (message: Message) => {
    if ('start' in message) {
      current = { input: message.start, name: message.name }
      watch()
    } else {
      clearTimeout(timer)
      record(message.end, message.name, message.outcome)
    }
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (current) record(current.input, current.name, reason ?? `ended the process (${signal ?? code})`)
      else if (next === from) return reject(new Error(`the child ended before its first input (${signal ?? code})`))
      resolve(next)
    })
  })
}
