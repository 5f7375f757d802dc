import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './command.js'
import { tinySettings, writeTinyImages } from './tiny-images.js'

describe('bad input', () => {
  let place = ''
  const train = (...more: string[]): string[] => [
    'train',
    'images',
    '--threads',
    '1',
    '--data-dir',
    'cache',
    ...tinySettings,
    ...more,
  ]
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-bad-'))
    await writeTinyImages(join(place, 'images'), { train: 20, test: 5 })
    await mkdir(join(place, 'taken'))
    await writeFile(join(place, 'taken/mine.txt'), 'mine')
    await writeFile(join(place, 'not.onnx'), 'not an ONNX file at all')
    await writeFile(join(place, 'bad.json'), '{"name": "x"')
  })
  afterAll(() => rm(place, { recursive: true }))

  it.each<[string, () => string[], RegExp]>([
    ['a recipe that does not exist', () => train('--recipe', 'baselin'), /did you mean 'baseline'\?/],
    ['a field misspelt', () => train('--set', 'optimizer.learninRate=1'), /did you mean 'learningRate'\?/],
    ['a recipe file that is no JSON', () => train('--recipe', './bad.json'), /bad\.json: expected JSON/],
    [
      'a directory in use',
      () => train('--out', 'taken'),
      /expected a new or empty directory, received 1 files \(mine\.txt\)/,
    ],
    [
      'a resumption of nothing',
      () => train('--resume', 'nowhere'),
      /run nowhere: expected a directory that fovea train made/,
    ],
    ['a data set that does not exist', () => ['train', 'cifar11'], /did you mean 'cifar10'\?/],
    ['a number that is none', () => train('--epochs', 'three'), /expected a whole number of at least 1/],
    ['a command misspelt', () => ['trian'], /Did you mean train\?/],
    ['a flag misspelt', () => ['train', 'images', '--epoch', '3'], /Did you mean --epochs\?/],
    ['a run that is not there', () => ['evaluate', 'nowhere'], /nowhere: expected a run directory or an ONNX file/],
  ])('%s is a usage error', async (_, parameters, message) => {
    const outcome = await run(parameters(), place)
    expect(outcome.stderr).toMatch(message)
    expect(outcome.code).toBe(2)
    expect(outcome.stdout).toBe('')
  })

  it('a file that is no ONNX file fails with a message', async () => {
    const outcome = await run(['evaluate', 'not.onnx'], place)
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/not\.onnx: ONNX file/)
    expect(outcome.stderr).not.toMatch(/ {4}at /)
  })

  it('a loss that is no number ends the run, names what to try and keeps the last good checkpoint', async () => {
    const good = await run(
      train('--out', 'diverged', '--max-steps', '3', '--set', 'optimizer={"type":"sgd","learningRate":1e30}', '--json'),
      place,
    )
    expect(good.stderr).toMatch(
      /expected a loss that is a number, received the loss of step \d is (NaN|Infinity|-Infinity).*lower the learning rate/,
    )
    expect(good.code).toBe(1)
    expect((await readdir(join(place, 'diverged'))).includes('model.onnx')).toBe(false)
  })

  it('another recipe cannot take over a run', async () => {
    expect((await run(train('--out', 'begun', '--max-steps', '2'), place)).code).toBe(0)
    const outcome = await run(
      ['train', 'images', '--data-dir', 'cache', '--resume', 'begun', '--seed', '9', '--set', 'model.units=8'],
      place,
    )
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toContain('another one (model.units: 16 -> 8; seed: 1 -> 9)')
  })

  it('leaves nothing behind where it refused', async () => {
    const outcome = await run(train('--out', 'unbegun', '--set', 'validation.count=5000'), place)
    expect(outcome.stderr).toContain(
      "expected fewer than the 60 training images of 'images', received 5000. Fix: --set validation.count=6",
    )
    expect(outcome.code).toBe(2)
    await expect(access(join(place, 'unbegun'))).rejects.toThrow()
    await expect(access(join(place, 'runs'))).rejects.toThrow()
  })
})
