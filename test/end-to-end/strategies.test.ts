import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { siblingModule } from '../../src/host/index.js'
import { run, start } from './command.js'
import { tinySettings, writeTinyImages } from './tiny-images.js'

const mixing = '[{"type":"randomFlip"},{"type":"randAugment","magnitude":3},{"type":"mixUp"},{"type":"cutMix"}]'
const together = [
  `augmentation=${mixing}`,
  'averaging={"type":"ema","decay":0.9}',
  'lookahead={"steps":3,"alpha":0.5}',
  'accumulate=5',
  'activationCheckpointing=3',
  'testTimeAugmentation=mirror-and-shifts',
].flatMap(setting => ['--set', setting])

describe('all strategies at once', () => {
  let place = ''
  let whole = ''
  const train = (...more: string[]): string[] => [
    ...['train', 'images', '--recipe', 'baseline', '--epochs', '6', '--seed', '7', '--threads', '1'],
    ...['--data-dir', 'cache', '--json', ...tinySettings, ...together, ...more],
  ]
  async function finished(parameters: string[]): Promise<Record<string, unknown>> {
    const outcome = await run(parameters, place)
    expect(outcome.code, outcome.stderr).toBe(0)
    return outcome.json()
  }

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-strategies-'))
    await writeTinyImages(join(place, 'images'))
    const result = await finished(train('--out', 'whole'))
    expect(result).toMatchObject({ steps: 60, reason: 'completed' })
    expect(String(result.modelWeights)).toContain(', averaged (ema)')
    whole = `${result.weightsSha256} ${result.modelWeightsSha256}`
  })
  afterAll(() => rm(place, { recursive: true, force: true }))

  it.each([1, 2])('a run that is killed and resumed with %i data workers ends with the same weights', async workers => {
    const out = `killed-${workers}`
    const first = start(train('--out', out), place)
    const events = join(place, out, 'events.jsonl')
    while (!(await readFile(events, 'utf8').catch(() => '')).includes(`"epoch":${workers + 1}`)) await sleep(20)
    first.killAll()
    await first.done
    const result = await finished(train('--resume', out, '--data-workers', String(workers)))
    expect(`${result.weightsSha256} ${result.modelWeightsSha256}`).toBe(whole)
  })

  it('a run that stops in the middle of an epoch and of a look back goes on to the same weights', async () => {
    await finished(train('--out', 'stepwise', '--max-steps', '17'))
    const result = await finished(train('--resume', 'stepwise'))
    expect(`${result.weightsSha256} ${result.modelWeightsSha256}`).toBe(whole)
  })

  it('a run without one of them ends with other weights (planted)', async () => {
    const result = await finished(train('--out', 'other', '--set', 'lookahead=null'))
    expect(`${result.weightsSha256} ${result.modelWeightsSha256}`).not.toBe(whole)
  })

  it('swa ends with statistics of its own, the same after a resumption', async () => {
    const averaged = (...more: string[]): string[] => [
      ...[
        'train',
        'images',
        '--recipe',
        'quick',
        '--epochs',
        '4',
        '--seed',
        '7',
        '--threads',
        '1',
        '--batch-size',
        '10',
      ],
      ...['--data-dir', 'cache', '--json', '--set', 'validation.count=20', '--set', 'model.filters=[8,8]'],
      ...['--set', 'model.pooled=[true,true]', '--set', 'averaging={"type":"swa","from":0.5}'],
      ...['--set', 'progressiveResizing=[]', ...more],
    ]
    const result = await finished(averaged('--out', 'swa'))
    expect(String(result.modelWeights)).toContain('averaged (swa)')
    await finished(averaged('--out', 'swa-stopped', '--max-steps', '33'))
    const resumed = await finished(averaged('--resume', 'swa-stopped'))
    expect(resumed.modelWeightsSha256).toBe(result.modelWeightsSha256)
    expect(result.modelWeightsSha256).not.toBe(result.weightsSha256)
  })

  it('lr-find prints a table, writes a chart, and refuses to write over it', async () => {
    const sweep = ['lr-find', 'images', '--data-dir', 'cache', '--steps', '40', '--threads', '1', ...tinySettings]
    const outcome = await run([...sweep, '--out', 'sweep'], place)
    expect(outcome.code, outcome.stderr).toBe(0)
    expect(outcome.stdout).toMatch(/learning rate {6}loss {2}smoothed\n +1\.00e-6/)
    expect(await readFile(join(place, 'sweep/lr-find.svg'), 'utf8')).toContain('Learning-rate range test')
    const again = await run([...sweep, '--out', 'sweep', '--json'], place)
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('--out: expected a new or empty directory, received files in sweep')
  })
})

describe('activation checkpointing', () => {
  it('needs at least a quarter less memory on a deep plain network', () => {
    const { path, execArgv } = siblingModule(import.meta.url, './recompute-memory-child')
    const peakOf = (segments: number): number => {
      const child = spawnSync(process.execPath, [...execArgv, path, String(segments)], {
        encoding: 'utf8',
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
      })
      expect(child.status, child.stderr).toBe(0)
      return Number(child.stdout.trim())
    }
    const [kept, recomputed] = [peakOf(0), peakOf(6)]
    console.log(
      `peak beyond the start: ${(kept / 1e6).toFixed(0)} MB kept, ${(recomputed / 1e6).toFixed(0)} MB recomputed`,
    )
    expect(recomputed).toBeLessThan(0.75 * kept)
  })
})
