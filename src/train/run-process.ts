/** The process that trains; started by spawn-run.ts, never imported. */
import { FoveaError, messageOf, UsageError } from '../core/errors.js'
import { benchTraining } from './bench.js'
import { findLearningRate, type RangeRequest, type RangeResult } from './learning-rate-range.js'
import { executeRun, type RunRequest, type RunResult } from './run.js'
import type { FromRun, ToRun } from './run-messages.js'

const PROGRESS_EVERY_MS = 100
let interrupted = false
let toldAt = 0

const tell = (message: FromRun): void => {
  process.send?.(message)
}

// Ctrl-C in a terminal reaches this process too; the parent decides what it means.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
// Nobody watches any more: a run that went on unseen would stand in the way of its own resumption.
process.on('disconnect', () => process.exit(1))

process.on('message', (message: ToRun) => {
  if (message.type === 'interrupt') interrupted = true
  else void work(message)
})

async function work(message: Exclude<ToRun, { type: 'interrupt' }>): Promise<void> {
  try {
    if (message.type === 'train') await finish({ type: 'finished', result: await train(message.request) })
    else if (message.type === 'find-rate') await finish({ type: 'swept', result: await sweep(message.request) })
    else await finish({ type: 'measured', result: await benchTraining(message.request) })
  } catch (error) {
    const ours = error instanceof FoveaError
    await finish({
      type: 'failed',
      message: error instanceof Error && !ours ? String(error.stack) : messageOf(error),
      ...(ours ? { complaint: error.complaint, usage: error instanceof UsageError } : {}),
    })
  }
}

const train = (request: RunRequest): Promise<RunResult> =>
  executeRun(request, {
    onNote: message => tell({ type: 'note', message }),
    onStart: event => tell({ type: 'start', event }),
    onProgress(progress) {
      const now = performance.now()
      if (now - toldAt < PROGRESS_EVERY_MS) return
      toldAt = now
      tell({ type: 'progress', progress })
    },
    onEpoch: event => tell({ type: 'epoch', event }),
    onNotice: event => tell({ type: 'notice', event }),
    interrupted: () => interrupted,
  })

const sweep = (request: RangeRequest): Promise<RangeResult> =>
  findLearningRate(request, { onNote: message => tell({ type: 'note', message }) })

/** The last message must leave before the process does. */
async function finish(message: FromRun): Promise<void> {
  await new Promise<void>(resolve => process.send!(message, undefined, undefined, () => resolve()))
  process.exit(0)
}
