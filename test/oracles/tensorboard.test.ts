import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Control, RunFiles } from '../../src/train/callbacks/callback.js'
import { tensorBoard } from '../../src/train/callbacks/tensor-board.js'
import type { EpochEvent } from '../../src/train/events.js'
import { python } from './python.js'
import { runScript } from './run-script.js'

const interpreter = python()
if (interpreter.missing !== undefined) console.log(`skipped, TensorBoard: ${interpreter.missing}`)

type Scalars = Record<string, [step: number, value: number, wallTime: number][]>

const START_MS = 1_700_000_000_500
const epochOf = (epoch: number): EpochEvent => ({
  type: 'epoch',
  epoch,
  step: 703 * epoch,
  seconds: 40 + epoch / 8,
  imagesPerSecond: 1100.5 + epoch,
  trainLoss: 1.7 / epoch,
  trainAccuracy: 1 - 0.5 / epoch,
  validationLoss: 1.4 / epoch,
  validationAccuracy: 1 - 0.4 / epoch,
  learningRate: 1e-3 * 0.5 ** epoch,
  activations: [],
})
const tags: Record<string, (epoch: EpochEvent) => number> = {
  'loss/training': epoch => epoch.trainLoss,
  'loss/validation': epoch => epoch.validationLoss!,
  'accuracy/training': epoch => epoch.trainAccuracy,
  'accuracy/validation': epoch => epoch.validationAccuracy!,
  'run/learning_rate': epoch => epoch.learningRate,
  'run/images_per_second': epoch => epoch.imagesPerSecond,
}

describe.skipIf(interpreter.missing !== undefined)("TensorBoard's own reader", () => {
  let folder = ''
  let epochs: EpochEvent[] = []
  let control: Control
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fovea-tensorboard-'))
    epochs = [1, 2, 3].map(epochOf)
    const files: RunFiles = {
      append(name, content) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        appendFileSync(join(folder, name), content)
      },
      truncate: (name, sizeBytes) => truncateSync(join(folder, name), sizeBytes),
    }
    control = { files } as Control
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const write = (): void => {
    const callback = tensorBoard({ now: () => START_MS })
    callback.begin!(control, { step: 0, resumed: false })
    for (const epoch of epochs) void callback.epochEnd!(epoch, control)
  }
  const read = (): Scalars =>
    JSON.parse(runScript(interpreter.path!, 'tensorboard_events.py', [join(folder, 'tensorboard')])) as Scalars
  const expected = (): Scalars =>
    Object.fromEntries(
      Object.entries(tags).map(([tag, value]) => [
        tag,
        epochs.map(epoch => [epoch.step, Math.fround(value(epoch)), START_MS / 1000]),
      ]),
    )

  it('finds every scalar of every epoch, with its step and time', () => {
    write()
    expect(read()).toEqual(expected())
  })

  it('finds each epoch once in a run that was resumed from its first epoch', () => {
    const callback = tensorBoard({ now: () => START_MS })
    callback.begin!(control, { step: 0, resumed: false })
    void callback.epochEnd!(epochs[0]!, control)
    const kept = JSON.parse(JSON.stringify(callback.state!()))
    // Written, and lost by a kill before the next checkpoint.
    void callback.epochEnd!(epochOf(9), control)
    const resumed = tensorBoard({ now: () => START_MS })
    resumed.restore!(kept, new Map())
    resumed.begin!(control, { step: epochs[0]!.step, resumed: true })
    for (const epoch of epochs.slice(1)) void resumed.epochEnd!(epoch, control)
    expect(read()).toEqual(expected())
  })

  it('would not take a file with a flipped bit (planted)', () => {
    write()
    const [name] = readdirSync(join(folder, 'tensorboard'))
    const path = join(folder, 'tensorboard', name!)
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(path, bytes)
    expect(read()).not.toEqual(expected())
  })
})
