import { describe, expect, it } from 'vitest'
import { earlyStopping } from './callbacks/early-stopping.js'
import { modelCheckpoint } from './callbacks/model-checkpoint.js'
import { reduceLROnPlateau } from './callbacks/reduce-lr-on-plateau.js'
import { weightsSha256 } from './checkpoint.js'
import type { RunEvent } from './events.js'
import { fitLoop } from './fit.js'
import type { FitHost, Snapshot } from './fit-host.js'
import { recipeNamed } from './recipes/index.js'
import { packSnapshot, unpackSnapshot } from './resume.js'
import { hostOf, OneWeight } from './testing/stand-in.js'

const callbacks = () => [
  reduceLROnPlateau({ factor: 0.5, patience: 1, minDelta: 2 }),
  earlyStopping({ patience: 3, minDelta: 1.5, restoreBest: true }),
  modelCheckpoint(),
]
const recipe = recipeNamed('walk-through')

/** Through the form that checkpoints have: tensors and JSON. */
const reborn = (snapshot: Snapshot): Snapshot => {
  const { tensors, facts } = packSnapshot(snapshot, recipe)
  return unpackSnapshot({ tensors, facts: JSON.parse(JSON.stringify(facts)) }).snapshot
}

const outcome = async (host: FitHost) => {
  const { seconds: _, imagesPerSecond: __, history, ...result } = await fitLoop(host)
  return {
    ...result,
    history: history.map(({ seconds: _, imagesPerSecond: __, ...epoch }) => epoch),
    lastWeights: weightsSha256(result.lastWeights),
    weights: weightsSha256(result.weights),
  }
}

describe('fitLoop', () => {
  it('runs every epoch and means over its steps', async () => {
    const events: RunEvent[] = []
    const result = await fitLoop(
      hostOf({ stepper: new OneWeight(0.01, step => step), onEvent: event => events.push(event) }),
    )
    expect(result).toMatchObject({ reason: 'completed', step: 40, epochs: 4 })
    // Losses are 0, 1, 2, ...: the second epoch is 10 .. 19.
    expect(result.history[1]).toMatchObject({ epoch: 2, step: 20, trainLoss: 14.5, trainAccuracy: 0.5 })
    expect(events.filter(event => event.type === 'step').map(event => event.step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 25,
    ])
  })

  it('resumes from any step to the very same end', async () => {
    const whole = await outcome(hostOf({ epochs: 12, callbacks: callbacks() }))
    expect(whole.reason).toBe('early-stopping')
    const snapshots: Snapshot[] = []
    await fitLoop(
      hostOf({
        epochs: 12,
        callbacks: callbacks(),
        saveEveryMs: 0,
        save: async snapshot => void snapshots.push(reborn(snapshot)),
      }),
    )
    expect(snapshots.length).toBeGreaterThan(40)
    for (const snapshot of snapshots)
      expect(
        await outcome(hostOf({ epochs: 12, callbacks: callbacks(), snapshot })),
        `from step ${snapshot.step}`,
      ).toEqual(whole)
  })

  it('a resumption that loses the optimizer slots would be noticed', async () => {
    const whole = await outcome(hostOf())
    let kept: Snapshot | undefined
    await fitLoop(hostOf({ maxSteps: 13, save: async snapshot => void (kept = reborn(snapshot)) }))
    kept!.weights.set('optimizer/count/w', { dtype: 'float32', shape: [1], data: Float32Array.of(0) })
    expect((await outcome(hostOf({ snapshot: kept }))).lastWeights).not.toBe(whole.lastWeights)
  })

  it('stops at a loss that is no number and keeps the checkpoint from before', async () => {
    const saved: number[] = []
    const stepper = new OneWeight(0.01, step => (step === 17 ? Number.NaN : undefined))
    const result = await fitLoop(hostOf({ stepper, saveEveryMs: 0, save: async ({ step }) => void saved.push(step) }))
    expect(result).toMatchObject({
      reason: 'not-a-number',
      step: 18,
      message: 'the loss of step 18 is NaN at learning rate 0.01',
    })
    expect(saved.at(-1)).toBe(17)
  })

  it('never saves weights that are no numbers, though the loss still is one', async () => {
    const saved: number[] = []
    const stepper = new OneWeight(0.01)
    const poisoned = {
      step: stepper.step.bind(stepper),
      write: () => undefined,
      peek: () => Float32Array.of(Number.NaN),
      read: () => new Map([['w', { dtype: 'float32' as const, shape: [1], data: Float32Array.of(Number.NaN) }]]),
    }
    await fitLoop(
      hostOf({
        stepper: poisoned,
        validate: undefined,
        maxSteps: 5,
        saveEveryMs: 0,
        save: async ({ step }) => void saved.push(step),
      }),
    )
    expect(saved).toEqual([])
  })

  it('finishes the step and saves when interrupted', async () => {
    const saved: number[] = []
    let asked = 0
    const result = await fitLoop(
      hostOf({ interrupted: () => ++asked > 7, save: async ({ step }) => void saved.push(step) }),
    )
    expect(result).toMatchObject({ reason: 'interrupted', step: 7 })
    expect(saved.at(-1)).toBe(7)
  })

  it('does not go on after an early stop', async () => {
    let last: Snapshot | undefined
    const stop = () => [earlyStopping({ patience: 1, minDelta: 100 })]
    const first = await fitLoop(hostOf({ callbacks: stop(), save: async snapshot => void (last = reborn(snapshot)) }))
    expect(first).toMatchObject({ reason: 'early-stopping', step: 20 })
    expect(await fitLoop(hostOf({ callbacks: stop(), snapshot: last }))).toMatchObject({
      reason: 'early-stopping',
      step: 20,
    })
  })

  it('scores weights of the middle of an epoch at the end', async () => {
    const result = await fitLoop(hostOf({ maxSteps: 13 }))
    expect(result.weightsFrom).toBe('step 13, the last')
    expect(result.weightsValidation!.loss).toBeGreaterThan(0.5)
  })

  it('refuses a callback that watches what is not measured', async () => {
    await expect(fitLoop(hostOf({ validate: undefined, callbacks: callbacks() }))).rejects.toThrow(
      'callback reduce-lr-on-plateau: expected validation images, to watch validationLoss, received none. Fix: give validation images, or watch trainLoss or trainAccuracy',
    )
  })
})
