import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.js'
import { cifar10Missing } from './cifar10-cache.js'
import { run, start } from './command.js'

const STEPS = 30
const missing = await cifar10Missing()
if (missing) console.log(`skipped, exactness on CIFAR-10: ${missing}`)

/** The walk-through's network on the real images, as `bench/exactness.ts` has it for 300 steps and 20 kills. */
describe.skipIf(missing)('CIFAR-10, bit for bit', () => {
  let place = ''
  let whole = ''
  const settings = ['--recipe', 'baseline-augmented', '--max-steps', String(STEPS), '--seed', '7', '--batch-size', '32']
  const train = (...more: string[]): string[] => ['train', 'cifar10', ...settings, '--threads', '2', '--json', ...more]
  async function weightsOf(parameters: string[]): Promise<string> {
    const outcome = await run(parameters, place)
    expect(outcome.code, outcome.stderr).toBe(0)
    return String(outcome.json().weightsSha256)
  }

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-exact-'))
    whole = await weightsOf(train('--out', 'whole'))
    expect(whole).toMatch(/^[0-9a-f]{64}$/)
  })
  afterAll(() => rm(place, { recursive: true, force: true }))

  it.each([0, 2])('a second run with %i data workers ends with the same weights', async workers => {
    const again = await weightsOf(train('--out', `workers-${workers}`, '--data-workers', String(workers)))
    expect(again).toBe(whole)
  })

  it('a run that is killed in the middle and resumed ends with the same weights', async () => {
    const first = start(train('--out', 'killed'), place)
    const events = join(place, 'killed/events.jsonl')
    const began = (): Promise<boolean> =>
      readFile(events, 'utf8').then(
        text => text.includes('"type":"step"'),
        () => false,
      )
    while (!(await began())) await sleep(20)
    await sleep(1000 * randomStream(Date.now(), 'kill').uniform())
    first.killAll()
    await first.done
    expect(await weightsOf(train('--resume', 'killed'))).toBe(whole)
  })

  it('another seed ends with other weights (planted)', async () => {
    expect(await weightsOf([...train('--out', 'other'), '--seed', '8'])).not.toBe(whole)
  })
})
