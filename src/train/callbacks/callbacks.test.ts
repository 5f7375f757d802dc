import { describe, expect, it } from 'vitest'
import { epochOf, recordingControl } from '../testing/stand-in.js'
import type { Callback } from './callback.js'
import { csvLogger } from './csv-logger.js'
import { earlyStopping } from './early-stopping.js'
import { buildCallback, callbackSchema } from './index.js'
import { learningRateScheduler } from './learning-rate-scheduler.js'
import { modelCheckpoint } from './model-checkpoint.js'
import { reduceLROnPlateau } from './reduce-lr-on-plateau.js'
import { terminateOnNaN } from './terminate-on-nan.js'

/** Feeds validation losses and gives the learning rate in force after each epoch. */
function ratesOver(callback: Callback, losses: readonly number[], base = 0.1): number[] {
  const { control } = recordingControl(base)
  return losses.map((loss, i) => {
    void callback.epochEnd!(epochOf(i + 1, loss), control)
    return Number((base * callback.rateFactor!(i + 2, base)).toPrecision(6))
  })
}

describe('reduceLROnPlateau', () => {
  it('cuts after `patience` epochs without improvement, and counts anew', () => {
    const callback = reduceLROnPlateau({ factor: 0.5, patience: 2 })
    //                             best  1    2=cut  1     2=cut  better
    expect(ratesOver(callback, [1.0, 1.0, 1.1, 1.2, 1.0, 0.5])).toEqual([0.1, 0.1, 0.05, 0.05, 0.025, 0.025])
  })
  it('asks for more than minDelta', () => {
    const callback = reduceLROnPlateau({ factor: 0.5, patience: 1, minDelta: 0.1 })
    // 0.95 is only 0.05 better than 1; 0.85 is 0.15 better.
    expect(ratesOver(callback, [1, 0.95, 0.85])).toEqual([0.1, 0.05, 0.05])
  })
  it('does not count while it cools down', () => {
    const callback = reduceLROnPlateau({ factor: 0.5, patience: 1, cooldown: 2 })
    // Epoch 2 cuts. Epoch 3: cooldown 2 -> 1. Epoch 4: 1 -> 0, and the count starts in the same epoch, as in Keras.
    expect(ratesOver(callback, [1, 1, 1, 1, 1])).toEqual([0.1, 0.05, 0.05, 0.025, 0.025])
  })
  it('stops at minLearningRate', () => {
    const callback = reduceLROnPlateau({ factor: 0.1, patience: 1, minLearningRate: 0.02 })
    expect(ratesOver(callback, [1, 1, 1, 1])).toEqual([0.1, 0.02, 0.02, 0.02])
  })
  it('watches an accuracy upwards', () => {
    const callback = reduceLROnPlateau({ monitor: 'validationAccuracy', factor: 0.5, patience: 1 })
    // epochOf: accuracy = 1 - loss / 10, so a falling loss is a rising accuracy.
    expect(ratesOver(callback, [1, 0.5, 0.6])).toEqual([0.1, 0.1, 0.05])
  })
  it('goes on from its state', () => {
    const losses = [1, 1.1, 1.2, 1.1, 1.3, 0.9, 1, 1]
    const whole = reduceLROnPlateau({ patience: 2 })
    const first = reduceLROnPlateau({ patience: 2 })
    const second = reduceLROnPlateau({ patience: 2 })
    const expected = ratesOver(whole, losses)
    const before = ratesOver(first, losses.slice(0, 4))
    second.restore!(JSON.parse(JSON.stringify(first.state!())), new Map())
    expect([...before, ...ratesOver(second, losses.slice(4))]).toEqual(expected)
  })
})

describe('earlyStopping', () => {
  const stopsAt = (callback: Callback, losses: readonly number[]) => {
    const { control, seen, held } = recordingControl()
    const at = losses.findIndex((loss, i) => {
      held.value = i + 1
      void callback.epochEnd!(epochOf(i + 1, loss), control)
      return seen.stops.length > 0
    })
    callback.end?.(control)
    return { epoch: at + 1, ...seen }
  }
  it('stops after `patience` epochs without improvement', () => {
    expect(stopsAt(earlyStopping({ patience: 2 }), [3, 2, 2.5, 2.1, 1]).epoch).toBe(4)
    expect(stopsAt(earlyStopping({ patience: 0 }), [3, 3]).epoch).toBe(2)
  })
  it('gives the weights of the best epoch back', () => {
    const { chosen } = stopsAt(earlyStopping({ patience: 2, restoreBest: true }), [3, 2, 2.5, 2.1])
    expect(chosen).toEqual([{ epoch: 2, value: 2 }])
  })
  it('gives nothing back unless asked', () => {
    expect(stopsAt(earlyStopping({ patience: 2 }), [3, 2, 2.5, 2.1]).chosen).toEqual([])
  })
  it('resets its count only above the baseline', () => {
    // Every epoch improves, but none is below 1: patience 2 runs out all the same, once improvement ends.
    expect(stopsAt(earlyStopping({ patience: 2, baseline: 1 }), [3, 2.9, 2.8, 2.8]).epoch).toBe(4)
  })
  it('does not look before startFromEpoch', () => {
    expect(stopsAt(earlyStopping({ patience: 1, startFromEpoch: 3 }), [1, 2, 3, 4, 4]).epoch).toBe(5)
  })
  it('goes on from its state, weights included', () => {
    const first = earlyStopping({ patience: 3, restoreBest: true })
    const { control, held, seen } = recordingControl()
    held.value = 7
    void first.epochEnd!(epochOf(1, 1), control)
    const second = earlyStopping({ patience: 3, restoreBest: true })
    second.restore!(JSON.parse(JSON.stringify(first.state!())), first.tensors!())
    held.value = 8
    void second.epochEnd!(epochOf(2, 2), control)
    second.end!(control)
    expect(seen.chosen).toEqual([{ epoch: 1, value: 7 }])
  })
})

describe('modelCheckpoint', () => {
  it('keeps each new best; a tie keeps the earlier', async () => {
    const { control, seen, held } = recordingControl()
    const callback = modelCheckpoint({ monitor: 'validationLoss' })
    for (const [i, loss] of [3, 2, 2, 2.5, 1].entries()) {
      held.value = 10 * (i + 1)
      await callback.epochEnd!(epochOf(i + 1, loss), control)
    }
    callback.end!(control)
    expect(seen.saved).toEqual([1, 10, 2, 20, 5, 50])
    expect(seen.chosen).toEqual([{ epoch: 5, value: 50 }])
  })
})

describe('learningRateScheduler', () => {
  it('gives each epoch its rate, from the rate before', () => {
    const callback = learningRateScheduler((epoch, rate) => (epoch < 3 ? rate : rate / 10))
    expect([1, 1, 2, 3, 4].map(epoch => Number((0.1 * callback.rateFactor!(epoch, 0.1)).toPrecision(6)))).toEqual([
      0.1, 0.1, 0.1, 0.01, 0.001,
    ])
  })
})

describe('terminateOnNaN', () => {
  it('stops at NaN and at infinity, and at nothing else', () => {
    const { control, seen } = recordingControl()
    for (const loss of [1, 1e30, Number.NaN, Number.POSITIVE_INFINITY])
      terminateOnNaN().stepEnd!({ step: 5, epoch: 1, loss, learningRate: 0.1 }, control)
    expect(seen.stops).toEqual([
      'the loss of step 5 is NaN at learning rate 0.1',
      'the loss of step 5 is Infinity at learning rate 0.1',
    ])
  })
})

describe('csvLogger', () => {
  it('writes a line per epoch, and repeats none after a resumption', () => {
    const { control, files } = recordingControl()
    const first = csvLogger()
    first.begin!(control, { step: 0, resumed: false })
    void first.epochEnd!(epochOf(1, 2), control)
    const state = JSON.parse(JSON.stringify(first.state!()))
    void first.epochEnd!(epochOf(2, 1), control)
    const second = csvLogger()
    second.restore!(state, new Map())
    second.begin!(control, { step: 10, resumed: true })
    void second.epochEnd!(epochOf(2, 1), control)
    expect(new TextDecoder().decode(files.get('epochs.csv')).split('\n')).toEqual([
      'epoch,step,seconds,imagesPerSecond,learningRate,trainLoss,trainAccuracy,validationLoss,validationAccuracy',
      '1,10,2,320,0.1,1,0.5,2,0.8',
      '2,20,2,320,0.1,1,0.5,1,0.9',
      '',
    ])
  })
})

describe('callbacks as data', () => {
  it('builds every kind that the schema knows', () => {
    for (const option of callbackSchema.options) {
      const type = option.shape.type.value
      expect(buildCallback(callbackSchema.parse({ type })).name).toBe(type)
    }
  })
})
