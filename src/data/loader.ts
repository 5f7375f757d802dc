import { Worker } from 'node:worker_threads'
import { FoveaError, UsageError } from '../core/errors.js'
import { siblingModule } from '../host/sibling-module.js'
import { type ImageSet, imageSizeBytes, sharedBytes } from './image-set.js'
import { type BatchPlan, createProducer, placeOf, stepsPerEpoch } from './loader-producer.js'
import { closeRing, createRing, isReady, isReleased, publish, type Ring, releaseSlot, WAITING } from './loader-ring.js'
import type { WorkerMessage } from './loader-worker.js'
import { mixes } from './transforms/mix.js'
import type { Transform } from './transforms/schema.js'

export interface LoaderOptions {
  set: ImageSet
  batchSize: number
  seed: number
  /** Applied to every image in this order; none by default. */
  transforms?: readonly Transform[] | undefined
  /** Threads that fill batches; 0 fills them in the caller's thread, with the same bytes. Default 1. */
  workers?: 0 | 1 | 2 | undefined
  /** A new order every epoch (default), or the order of the set. */
  shuffle?: boolean | undefined
  /** Leave out the last, smaller batch of an epoch (default), as graphs of fixed batch size need. */
  dropRemainder?: boolean | undefined
  /** Number of the first batch, counted over all epochs: a resumed run goes on here, in the middle of an epoch too. */
  startStep?: number | undefined
  /** Batches held in memory at once, with those in use; default 4. */
  slots?: number | undefined
}

/** Views of the loader's memory: valid until `release(batch)`. */
export interface Batch {
  /** uint8 [B, C, H, W]. */
  readonly images: Uint8Array
  /** Class indices, [B]. */
  readonly labels: Int32Array
  /** Where the plan mixes images: the class that was mixed into each, and the share of its own, [B]. */
  readonly mixed?: { readonly labels: Int32Array; readonly shares: Float32Array }
  /** Which images of the set these are, [B]. */
  readonly indices: Int32Array
  readonly epoch: number
  /** Counted over all epochs, from 0. */
  readonly step: number
}

export interface Loader {
  readonly stepsPerEpoch: number
  /** The next batch; never ends, the order of the next epoch follows. One call at a time. */
  next(): Promise<Batch>
  /** The next batch if it is ready now, without a turn of the event loop. */
  tryNext(): Batch | undefined
  /** Lets the workers write over this batch. Every batch must be released, in any order. */
  release(batch: Batch): void
  /** Ends the workers; resolves when they are gone. Safe to call twice. */
  close(): Promise<void>
}

function checked(options: LoaderOptions): BatchPlan & { slots: number; workers: number } {
  const { set, batchSize, seed, transforms = [], workers = 1, slots = 4 } = options
  const { shuffle = true, dropRemainder = true, startStep = 0 } = options
  const refuse = (expected: string, received: unknown, fix?: string): never => {
    throw new UsageError({
      where: `loader of '${set.name}'`,
      expected,
      received: String(received),
      ...(fix ? { fix } : {}),
    })
  }
  if (!Number.isInteger(batchSize) || batchSize < 1) refuse('a whole batchSize of at least 1', batchSize)
  if (set.count === 0) refuse('at least one image', 'an empty set')
  if (dropRemainder && batchSize > set.count)
    refuse(`a batchSize of at most ${set.count}, the number of images`, batchSize, 'use a smaller batch')
  if (!Number.isInteger(startStep) || startStep < 0) refuse('a whole startStep of at least 0', startStep)
  if (![0, 1, 2].includes(workers)) refuse('0, 1 or 2 workers', workers)
  if (!Number.isInteger(slots) || slots < 1) refuse('at least 1 slot', slots)
  return { set, batchSize, seed, transforms, shuffle, dropRemainder, startStep, slots, workers }
}

/** The set with pixels that a worker can see; copies once where they are in ordinary memory. */
function shareable({ name, shape, count, images, labels }: ImageSet): BatchPlan['set'] {
  if (images.buffer instanceof SharedArrayBuffer) return { name, shape, count, images, labels }
  const shared = sharedBytes(images.length)
  shared.set(images)
  return { name, shape, count, images: shared, labels }
}

/** Starts `count` workers; `onEvent` hears of a ready batch (no error) or of the failure that ended a worker. */
function startWorkers(count: number, plan: BatchPlan, ring: Ring, onEvent: (failure?: Error) => void): Worker[] {
  const { url, execArgv } = siblingModule(import.meta.url, './loader-worker')
  return Array.from({ length: count }, () => {
    const worker = new Worker(url, { execArgv, workerData: { plan, ring } })
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'ready') onEvent()
      else onEvent(message.complaint ? new FoveaError(message.complaint) : new Error(message.message))
    })
    worker.on('error', error => onEvent(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', code => {
      if (code !== 0)
        onEvent(new FoveaError({ where: 'loader', expected: 'a running worker', received: `exit code ${code}` }))
    })
    // A program that forgets close() may still end; next() holds the process while it waits.
    worker.unref()
    return worker
  })
}

/**
 * Batches for training, made ahead of the consumer. The bytes depend only on the set, the transforms, the seed and the
 * step: order from `randomStream(seed, 'order', epoch)`, changes from `randomStream(seed, 'augment', epoch, index)`.
 * Any number of workers, and any startStep, gives the same batches.
 */
export function createLoader(options: LoaderOptions): Loader {
  const { workers: workerCount, slots, ...given } = checked(options)
  const plan: BatchPlan = workerCount > 0 ? { ...given, set: shareable(options.set) } : given
  const ring = createRing(slots, plan.batchSize, plan.set.shape)
  // Also without workers in the way: a plan that cannot run is refused here, not in a thread.
  const fillHere = createProducer(plan, ring)
  let taken = 0
  let failure: Error | undefined
  let wake: (() => void) | undefined
  let closed = false
  const workers = startWorkers(workerCount, plan, ring, error => {
    if (error && !closed) failure ??= error
    wake?.()
  })

  function take(): Batch | undefined {
    if (failure) throw failure
    if (closed) throw new UsageError({ where: 'loader', expected: 'an open loader', received: 'next after close' })
    if (!isReleased(ring, taken))
      throw new UsageError({
        where: 'loader',
        expected: `at most ${slots} batches in use`,
        received: 'a request for one more',
        fix: 'release(batch) when its bytes are no longer needed',
      })
    if (workerCount === 0) {
      fillHere(taken)
      publish(ring, taken)
    }
    return isReady(ring, taken) ? viewOf(plan, ring, taken++) : undefined
  }

  async function next(): Promise<Batch> {
    if (wake) throw new UsageError({ where: 'loader', expected: 'one next() at a time', received: 'a second one' })
    for (;;) {
      const batch = take()
      if (batch) return batch
      for (const worker of workers) worker.ref()
      await new Promise<void>(resolve => {
        wake = resolve
        Atomics.store(ring.control, WAITING, 1)
        // It may have come between the look above and the mark.
        if (isReady(ring, taken)) resolve()
      })
      wake = undefined
      for (const worker of workers) worker.unref()
    }
  }

  async function close(): Promise<void> {
    closed = true
    closeRing(ring)
    wake?.()
    await Promise.all(workers.map(worker => worker.terminate()))
  }

  const release = (batch: Batch): void => {
    if (!closed) releaseSlot(ring, batch.step - plan.startStep)
  }
  return { stepsPerEpoch: stepsPerEpoch(plan), next, tryNext: take, release, close }
}

function viewOf(plan: BatchPlan, ring: Ring, n: number): Batch {
  const step = plan.startStep + n
  const { epoch, count } = placeOf(plan, step)
  const first = (n % ring.slots) * ring.batchSize
  return {
    images: ring.images.subarray(first * ring.imageBytes, (first + count) * ring.imageBytes),
    labels: ring.labels.subarray(first, first + count),
    indices: ring.indices.subarray(first, first + count),
    ...(mixes(plan.transforms)
      ? {
          mixed: {
            labels: ring.otherLabels.subarray(first, first + count),
            shares: ring.labelShares.subarray(first, first + count),
          },
        }
      : {}),
    epoch,
    step,
  }
}

export interface EvaluationBatch {
  /** uint8 [B, C, H, W], a view of the set. */
  readonly images: Uint8Array
  /** Class indices, [B]. */
  readonly labels: Int32Array
  /** Index in the set of the first image. */
  readonly from: number
  readonly count: number
}

/** Every image once, in order, without copying a pixel; the last batch may be smaller. */
export function* evaluationBatches(set: ImageSet, batchSize: number): Generator<EvaluationBatch, void, undefined> {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new UsageError({
      where: `evaluation batches of '${set.name}'`,
      expected: 'a whole batchSize of at least 1',
      received: String(batchSize),
    })
  const size = imageSizeBytes(set.shape)
  for (let from = 0; from < set.count; from += batchSize) {
    const count = Math.min(batchSize, set.count - from)
    const images = set.images.subarray(from * size, (from + count) * size)
    yield { images, labels: Int32Array.from(set.labels.subarray(from, from + count)), from, count }
  }
}
