/** The thread that fills batches ahead of training; started by loader.ts, never imported. */
import { parentPort, workerData } from 'node:worker_threads'
import { FoveaError, messageOf } from '../core/errors.js'
import { type BatchPlan, createProducer } from './loader-producer.js'
import { CLAIMED, CLOSED, publish, type Ring, waitForSlot } from './loader-ring.js'

/** What a worker tells the consumer's thread. */
export type WorkerMessage = { type: 'ready' } | { type: 'failed'; message: string; complaint?: FoveaError['complaint'] }

const { plan, ring } = workerData as { plan: BatchPlan; ring: Ring }
const tell = (message: WorkerMessage): void => parentPort?.postMessage(message)

try {
  const fill = createProducer(plan, ring)
  while (Atomics.load(ring.control, CLOSED) === 0) {
    const n = Atomics.add(ring.control, CLAIMED, 1)
    if (!waitForSlot(ring, n)) break
    fill(n)
    if (publish(ring, n)) tell({ type: 'ready' })
  }
} catch (error) {
  tell({
    type: 'failed',
    message: messageOf(error),
    ...(error instanceof FoveaError ? { complaint: error.complaint } : {}),
  })
}
