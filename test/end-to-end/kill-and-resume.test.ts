import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.js'
import { run, start } from './command.js'
import { tinySettings, writeTinyImages } from './tiny-images.js'

const TRIALS = 6
const augmented = ['--set', 'augmentation=[{"type":"randomFlip"},{"type":"randomCrop","padding":1}]']

describe('a run that is killed and resumed', () => {
  let place = ''
  let whole: Record<string, unknown>
  let wholeMs = 0
  const train = (...more: string[]): string[] => [
    'train',
    'images',
    '--recipe',
    'baseline',
    '--epochs',
    '8',
    '--seed',
    '7',
    '--threads',
    '1',
    '--data-dir',
    'cache',
    '--json',
    ...tinySettings,
    ...augmented,
    ...more,
  ]

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-kill-'))
    await writeTinyImages(join(place, 'images'))
    await run(train('--out', 'warm', '--max-steps', '1'), place)
    const began = performance.now()
    const outcome = await run(train('--out', 'whole'), place)
    wholeMs = performance.now() - began
    expect(outcome.code, outcome.stderr).toBe(0)
    whole = outcome.json()
  })
  afterAll(() => rm(place, { recursive: true }))

  it('promises what it printed', () => {
    expect(whole).toMatchObject({ run: 'whole', epochs: 8, steps: 80, reason: 'completed' })
    for (const field of ['seconds', 'imagesPerSecond', 'trainLoss', 'validationAccuracy', 'testAccuracy', 'parameters'])
      expect(whole[field], field).toBeTypeOf('number')
  })

  it.each(Array.from({ length: TRIALS }, (_, trial) => trial))('ends with the same weights, trial %i', async trial => {
    const out = `killed-${trial}`
    const stream = randomStream(Date.now(), 'kill', trial)
    // The first three quarters of the time are start-up and training; what comes after is evaluation.
    const first = start(train('--out', out), place)
    const waitMs = (0.2 + 0.6 * stream.uniform()) * wholeMs
    await sleep(waitMs)
    first.killAll()
    await first.done
    let outcome = await run(train('--resume', out, '--data-workers', String(trial % 3)), place)
    expect(outcome.code, outcome.stderr).toBe(0)
    expect(outcome.json().weightsSha256, `killed after ${Math.round(waitMs)} ms`).toBe(whole.weightsSha256)
    // Nothing is left to do; asking again changes nothing.
    outcome = await run(['train', 'images', '--resume', out, '--data-dir', 'cache', '--json'], place)
    expect(outcome.json().weightsSha256).toBe(whole.weightsSha256)
  })

  it('may stop and go on in the middle of an epoch, any number of times', async () => {
    for (const steps of [7, 33, 34, 80]) {
      const more = steps === 7 ? ['--out', 'stepwise'] : ['--resume', 'stepwise']
      const outcome = await run(train(...more, '--max-steps', String(steps)), place)
      expect(outcome.code, outcome.stderr).toBe(0)
      expect(outcome.json().steps).toBe(steps)
      if (steps === 80) expect(outcome.json().weightsSha256).toBe(whole.weightsSha256)
    }
  })

  it('another seed gives other weights', async () => {
    const outcome = await run([...train('--out', 'other'), '--seed', '8'], place)
    expect(outcome.json().weightsSha256).not.toBe(whole.weightsSha256)
  })

  it('Ctrl-C finishes the step, saves, says how to go on, and exits with 130', async () => {
    const long = ['--epochs', '2000']
    const first = start(train('--out', 'stopped', ...long), place)
    while (!(await readFile(join(place, 'stopped/events.jsonl'), 'utf8').catch(() => '')).includes('"epoch":2'))
      await sleep(50)
    first.signal('SIGINT')
    const outcome = await first.done
    expect(outcome.code, outcome.stderr).toBe(130)
    expect(outcome.stderr).toMatch(/saved after step \d+; go on with: fovea train images --resume stopped/)
    const { steps, reason } = outcome.json()
    expect(reason).toBe('interrupted')
    const resumed = await run(train('--resume', 'stopped', ...long, '--max-steps', String(Number(steps) + 3)), place)
    expect(resumed.json()).toMatchObject({ steps: Number(steps) + 3, reason: 'max-steps' })
  })
})
