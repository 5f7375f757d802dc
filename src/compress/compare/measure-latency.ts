import { type ChildProcess, fork } from 'node:child_process'
import { FoveaError } from '../../core/errors.js'
import { median } from '../../evaluate/robust.js'
import { siblingModule } from '../../host/index.js'
import type { FromLatency, ToLatency } from './latency-messages.js'

/** Batch sizes that are timed. */
export const LATENCY_BATCHES = [1, 64] as const

export interface Latency {
  batchSize: number
  /** Of one call, over all rounds. */
  medianMs: number
  /** Median of each round, in the order of the rounds. */
  roundsMs: number[]
}

export interface Measured {
  latencies: Latency[]
  /** Of a process that does nothing but run this file, both batch sizes done; Node and the runtime are part of it. */
  peakRssBytes: number
}

export interface MeasureOptions {
  threads: number
  rounds: number
  onProgress?: ((done: number, total: number) => void) | undefined
}

/** Calls of the runtime in one round. */
const runsOf = (batchSize: number): number => (batchSize === 1 ? 20 : 3)

/**
 * Times files side by side: each has a process of its own, one works at a time, and the rounds alternate between them, so
 * that a machine that slows down slows all of them. The order turns from round to round.
 */
export async function measureLatency(paths: readonly string[], options: MeasureOptions): Promise<Measured[]> {
  const { threads, rounds, onProgress } = options
  const children = paths.map(path => new LatencyChild(path))
  try {
    for (const child of children) await child.ask({ type: 'open', path: child.path, threads })
    const measured = children.map(() => ({ peakRssBytes: 0, rounds: LATENCY_BATCHES.map((): number[][] => []) }))
    for (let round = 0; round < rounds; round++)
      for (const [b, batchSize] of LATENCY_BATCHES.entries()) {
        for (let turn = 0; turn < children.length; turn++) {
          const c = (round + turn) % children.length
          const answer = await children[c]!.ask({ type: 'time', batchSize, runs: runsOf(batchSize) })
          if (answer.type !== 'timed') continue
          measured[c]!.rounds[b]!.push(answer.durationsMs)
          measured[c]!.peakRssBytes = answer.peakRssBytes
        }
        onProgress?.(round * LATENCY_BATCHES.length + b + 1, rounds * LATENCY_BATCHES.length)
      }
    return measured.map(({ peakRssBytes, rounds: durations }) => ({
      peakRssBytes,
      latencies: LATENCY_BATCHES.map((batchSize, b) => ({
        batchSize,
        medianMs: median(durations[b]!.flat()),
        roundsMs: durations[b]!.map(median),
      })),
    }))
  } finally {
    for (const child of children) child.end()
  }
}

class LatencyChild {
  private readonly child: ChildProcess
  constructor(readonly path: string) {
    const { path: module, execArgv } = siblingModule(import.meta.url, './latency-process')
    this.child = fork(module, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  }

  ask(message: ToLatency): Promise<FromLatency> {
    const { child, path } = this
    return new Promise((resolve, reject) => {
      const broken = (received: string): void =>
        reject(new FoveaError({ where: `timing of ${path}`, expected: 'an answer of its process', received }))
      const onExit = (code: number | null, signal: string | null): void =>
        broken(`its end by ${signal ?? `exit code ${code}`}`)
      child.once('exit', onExit)
      child.once('message', (answer: FromLatency) => {
        child.off('exit', onExit)
        if (answer.type === 'failed') broken(answer.message)
        else resolve(answer)
      })
      child.send(message, error => error && broken(error.message))
    })
  }

  end(): void {
    if (this.child.connected) this.child.disconnect()
  }
}
