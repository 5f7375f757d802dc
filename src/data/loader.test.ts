import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { randomStream } from '../core/random.js'
import { siblingModule } from '../host/sibling-module.js'
import { type ImageSet, image, imageSet, sharedBytes } from './image-set.js'
import { type Batch, createLoader, evaluationBatches, type Loader, type LoaderOptions } from './loader.js'
import {
  cutMix,
  cutout,
  imageDataGenerator,
  mixUp,
  randAugment,
  randomCrop,
  randomErasing,
  randomFlip,
} from './transforms/index.js'

function noise(count: number, shape = [3, 8, 8] as const): ImageSet {
  const images = sharedBytes(count * shape[0] * shape[1] * shape[2])
  randomStream(9, 'noise').fillBytes(images)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10)
  return imageSet({ name: 'noise', classNames: Array.from({ length: 10 }, (_, i) => `c${i}`), shape, images, labels })
}

const transforms = [
  imageDataGenerator({ rotationRange: 15, zoomRange: 0.2, horizontalFlip: true }),
  randomFlip({ mode: 'alternating' }),
  randomCrop({ padding: 2 }),
  cutout({ size: 3 }),
  randAugment(),
  randomErasing(),
  mixUp({ alpha: 1 }),
  cutMix(),
]

const open: Loader[] = []
function start(options: Partial<LoaderOptions> = {}): Loader {
  const loader = createLoader({ set: noise(50), batchSize: 8, seed: 4, transforms, workers: 0, ...options })
  open.push(loader)
  return loader
}

/** One line per batch that changes with any byte of it. */
function fingerprint({ images, labels, mixed, indices, epoch, step }: Batch): string {
  const hash = createHash('sha1').update(new Uint8Array(images))
  if (mixed) hash.update(`${mixed.labels.join()} ${mixed.shares.join()}`)
  return `${step} ${epoch} ${labels.join()} ${indices.join()} ${hash.digest('hex')}`
}

async function take(loader: Loader, count: number): Promise<string[]> {
  const lines: string[] = []
  for (let i = 0; i < count; i++) {
    const batch = await loader.next()
    lines.push(fingerprint(batch))
    loader.release(batch)
  }
  return lines
}

describe('createLoader', () => {
  afterEach(async () => {
    await Promise.all(open.splice(0).map(loader => loader.close()))
  })

  it('gives the same bytes with 0, 1 and 2 workers, over several epochs', async () => {
    const inline = await take(start(), 20)
    expect(new Set(inline).size).toBe(20)
    for (const workers of [1, 2] as const) {
      expect(await take(start({ workers }), 20)).toEqual(inline)
      expect(await take(start({ workers, slots: 1 }), 8)).toEqual(inline.slice(0, 8))
    }
    expect((await take(start({ seed: 5 }), 1))[0]).not.toBe(inline[0])
  })

  it('goes on at any step as if it had never stopped', async () => {
    const whole = await take(start(), 20)
    for (const [startStep, workers] of [
      [1, 0],
      [6, 1],
      [13, 2],
    ] as const)
      expect(await take(start({ startStep, workers }), 20 - startStep)).toEqual(whole.slice(startStep))
  })

  it('shows every image once an epoch, in a new order, with its own label', async () => {
    const loader = start({ dropRemainder: false, batchSize: 16, transforms: [] })
    expect(loader.stepsPerEpoch).toBe(4)
    const set = noise(50)
    const orders: number[][] = [[], []]
    for (let step = 0; step < 8; step++) {
      const batch = await loader.next()
      expect(batch.epoch).toBe(step < 4 ? 0 : 1)
      expect(batch.labels.length).toBe(step % 4 === 3 ? 2 : 16)
      expect(batch.images.length).toBe(batch.labels.length * 192)
      for (const [i, index] of batch.indices.entries()) {
        expect(batch.labels[i]).toBe(set.labels[index])
        expect(batch.images.subarray(i * 192, (i + 1) * 192)).toEqual(image(set, index))
      }
      orders[batch.epoch]!.push(...batch.indices)
      loader.release(batch)
    }
    for (const order of orders) expect(new Set(order).size).toBe(50)
    expect(orders[0]).not.toEqual(orders[1])
  })

  it('keeps the order of the set when asked, and drops the remainder by default', async () => {
    const loader = start({ shuffle: false })
    expect(loader.stepsPerEpoch).toBe(6)
    const first = await loader.next()
    expect([...first.indices]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('fills its slots while the thread of the consumer is blocked', async () => {
    const loader = start({ workers: 1, slots: 4 })
    loader.release(await loader.next())
    // As a synchronous native call does: no turn of the event loop for a while.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    const ready: Batch[] = []
    for (let i = 0; i < 4; i++) ready.push(loader.tryNext()!)
    expect(ready.map(batch => batch.step)).toEqual([1, 2, 3, 4])
  })

  it('a batch in use is never written over; one more than the slots is refused', async () => {
    const loader = start({ workers: 2, slots: 3 })
    const held = [await loader.next(), await loader.next(), await loader.next()]
    const before = held.map(fingerprint)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(held.map(fingerprint)).toEqual(before)
    await expect(loader.next()).rejects.toThrow(/expected at most 3 batches in use.*Fix: release\(batch\)/)
    // In any order: the next batch needs the slot of the first.
    loader.release(held[2]!)
    loader.release(held[0]!)
    expect((await loader.next()).step).toBe(3)
  })

  it('brings the error of a worker to the consumer, whose message says where', async () => {
    const lying = { ...noise(50), count: 60 }
    for (const workers of [0, 1, 2] as const) {
      const job = take(start({ set: lying, workers }), 7)
      await expect(job).rejects.toThrow(/loader of 'noise': expected pixels for 60 images, received none for image 5\d/)
    }
  })

  it('copies a set from ordinary memory for its workers', async () => {
    const shared = noise(50)
    const set = { ...shared, images: Uint8Array.from(shared.images) }
    expect(await take(start({ set, workers: 1 }), 2)).toEqual(await take(start(), 2))
  })

  it('refuses what cannot be', () => {
    expect(() => start({ batchSize: 51 })).toThrow(/a batchSize of at most 50, the number of images, received 51/)
    expect(() => start({ batchSize: 0 })).toThrow(/batchSize of at least 1/)
    expect(() => start({ startStep: -1 })).toThrow(/startStep/)
    expect(() => start({ workers: 3 as 2 })).toThrow(/0, 1 or 2 workers, received 3/)
  })

  it('closes promptly, twice, and while a batch is awaited', async () => {
    const loader = start({ workers: 2 })
    const waiting = expect(loader.next()).rejects.toThrow(/next after close/)
    const from = performance.now()
    await Promise.all([loader.close(), loader.close()])
    expect(performance.now() - from).toBeLessThan(2000)
    await waiting
  })

  it('a program that forgets close() still ends', () => {
    const loaderUrl = new URL('./loader.ts', import.meta.url).href
    const program = `import { createLoader } from ${JSON.stringify(loaderUrl)}
      const images = new Uint8Array(new SharedArrayBuffer(48)), labels = new Uint8Array(16)
      const set = { name: 's', classNames: ['a'], shape: [3, 1, 1], count: 16, images, labels }
      const loader = createLoader({ set, batchSize: 4, seed: 1, workers: 1 })
      console.log((await loader.next()).step)`
    const { execArgv } = siblingModule(import.meta.url, './loader')
    const flags = [...execArgv, '--input-type=module', '-e', program]
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const child = spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 20_000, cwd })
    expect([child.status, child.stdout.trim()], child.stderr).toEqual([0, '0'])
  })
})

describe('evaluationBatches', () => {
  it('shows every image once, in order, without a copy', () => {
    const set = noise(10)
    const batches = [...evaluationBatches(set, 4)]
    expect(batches.map(batch => [batch.from, batch.count, ...batch.labels])).toEqual([
      [0, 4, 0, 1, 2, 3],
      [4, 4, 4, 5, 6, 7],
      [8, 2, 8, 9],
    ])
    for (const { images } of batches) expect(images.buffer).toBe(set.images.buffer)
    expect(() => [...evaluationBatches(set, 0)]).toThrow(/batchSize/)
  })
})
