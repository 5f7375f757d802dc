/** The process that trains; started by spawn-run.ts, never imported. */
import { FoveaError, messageOf, UsageError } from '../core/errors.js'
import { executeRun } from './run.js'
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
  else void train(message)
})

async function train({ request }: Extract<ToRun, { type: 'train' }>): Promise<void> {
  try {
    const result = await executeRun(request, {
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
    await finish({ type: 'finished', result })
  } catch (error) {
    await finish({
      type: 'failed',
      message:
        error instanceof FoveaError ? error.message : error instanceof Error ? String(error.stack) : messageOf(error),
      ...(error instanceof FoveaError ? { complaint: error.complaint, usage: error instanceof UsageError } : {}),
    })
  }
}

/** The last message must leave before the process does. */
async function finish(message: FromRun): Promise<void> {
  await new Promise<void>(resolve => process.send!(message, undefined, undefined, () => resolve()))
  process.exit(0)
}
