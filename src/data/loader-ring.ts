import { imageSizeBytes } from './image-set.js'

/**
 * The shared memory between the workers that fill batches and the thread that uses them: `slots` batch buffers and a
 * few counters. Batch n of a loader lives in slot n % slots; its turn there is the generation floor(n / slots).
 *
 * - CLAIMED: the number of the next batch that nobody fills yet; a worker takes it with Atomics.add.
 * - released[slot]: how many generations the consumer gave back. Generation g may be filled once it is >= g.
 * - ready[slot]: how many generations were filled. Batch n may be read once it is > g.
 * - WAITING: 1 while the consumer waits for a message; whoever fills a batch takes the 1 and sends one. Both sides
 *   write before they read (sequentially consistent), so no wake-up is lost, and an idle consumer gets no flood.
 *
 * Workers block in Atomics.wait on `released`: they go on while the consumer's thread is inside a native call.
 */
export const CLOSED = 0
export const CLAIMED = 1
export const WAITING = 2
const HEADER = 3

/** Larger than any generation: wakes a worker that waits for a slot when the loader closes. */
const FOREVER = 0x7fffffff

/** What is posted to a worker; only shared memory and plain data. */
export interface Ring {
  control: Int32Array
  /** uint8 [slots, B, C, H, W]. */
  images: Uint8Array
  /** [slots, B]. */
  labels: Int32Array
  indices: Int32Array
  /** Of mixed images: the class that was mixed in and the share of the own one; otherwise unused. [slots, B]. */
  otherLabels: Int32Array
  labelShares: Float32Array
  slots: number
  batchSize: number
  imageBytes: number
}

export function createRing(slots: number, batchSize: number, shape: readonly [number, number, number]): Ring {
  const imageBytes = imageSizeBytes(shape)
  const shared = (bytes: number) => new SharedArrayBuffer(bytes)
  return {
    control: new Int32Array(shared((HEADER + 2 * slots) * 4)),
    images: new Uint8Array(shared(slots * batchSize * imageBytes)),
    labels: new Int32Array(shared(slots * batchSize * 4)),
    indices: new Int32Array(shared(slots * batchSize * 4)),
    otherLabels: new Int32Array(shared(slots * batchSize * 4)),
    labelShares: new Float32Array(shared(slots * batchSize * 4)),
    slots,
    batchSize,
    imageBytes,
  }
}

const releasedAt = (slot: number): number => HEADER + slot
const readyAt = (ring: Ring, slot: number): number => HEADER + ring.slots + slot

/** Blocks the calling worker until batch n may be filled; false when the loader has closed. */
export function waitForSlot(ring: Ring, n: number): boolean {
  const slot = n % ring.slots
  const generation = Math.floor(n / ring.slots)
  for (;;) {
    const released = Atomics.load(ring.control, releasedAt(slot))
    if (Atomics.load(ring.control, CLOSED) === 1) return false
    if (released >= generation) return true
    Atomics.wait(ring.control, releasedAt(slot), released)
  }
}

export const isReleased = (ring: Ring, n: number): boolean =>
  Atomics.load(ring.control, releasedAt(n % ring.slots)) >= Math.floor(n / ring.slots)

export const isReady = (ring: Ring, n: number): boolean =>
  Atomics.load(ring.control, readyAt(ring, n % ring.slots)) > Math.floor(n / ring.slots)

/** Publishes batch n; true when the consumer waits and must be told. */
export function publish(ring: Ring, n: number): boolean {
  Atomics.store(ring.control, readyAt(ring, n % ring.slots), Math.floor(n / ring.slots) + 1)
  return Atomics.exchange(ring.control, WAITING, 0) === 1
}

/** Gives the slot of batch n back. */
export function releaseSlot(ring: Ring, n: number): void {
  const slot = n % ring.slots
  Atomics.store(ring.control, releasedAt(slot), Math.floor(n / ring.slots) + 1)
  Atomics.notify(ring.control, releasedAt(slot))
}

/** Ends every worker at its next look at the ring, also one that is asleep. */
export function closeRing(ring: Ring): void {
  Atomics.store(ring.control, CLOSED, 1)
  for (let slot = 0; slot < ring.slots; slot++) {
    Atomics.store(ring.control, releasedAt(slot), FOREVER)
    Atomics.notify(ring.control, releasedAt(slot))
  }
}
