import { describe, expect, it } from 'vitest'
import type { EpochEvent, StartEvent } from '../train/events.js'
import { duration, epochLine, plainDisplay, type Screen, sparkline, terminalDisplay } from './train-display.js'

const epoch: EpochEvent = {
  type: 'epoch',
  epoch: 3,
  step: 2109,
  seconds: 38.2,
  imagesPerSecond: 1178.4,
  trainLoss: 1.0235,
  trainAccuracy: 0.6432,
  validationLoss: 0.98765,
  validationAccuracy: 0.6612,
  learningRate: 0.0005,
  activations: [],
}
const start = { recipe: { batchSize: 64 } } as unknown as StartEvent
const progress = {
  step: 10,
  epoch: 1,
  epochs: 50,
  stepInEpoch: 10,
  stepsPerEpoch: 20,
  loss: 2,
  accuracy: 0.3,
  learningRate: 1e-3,
  stepMs: 64,
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const plain = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, '')

describe('the display of a training', () => {
  it('says an epoch in one line', () => {
    expect(epochLine(epoch, 50)).toBe(
      'epoch  3/50  loss 1.0235  accuracy 64.32 %  validation 0.9877 66.12 %  rate 0.0005  1178 images/s  0:38',
    )
    const { validationLoss: _, ...unvalidated } = epoch
    expect(epochLine(unvalidated, 5)).not.toContain('validation')
  })
  it('formats durations and sparklines', () => {
    expect([0, 59.6, 61, 3661].map(duration)).toEqual(['0:00', '1:00', '1:01', '1:01:01'])
    expect(sparkline([0, 1, 2, Number.NaN, 7])).toBe('▁▂▃█')
    expect(sparkline([5, 5])).toBe('▁▁')
  })
  it('writes a log of whole lines where there is no terminal', () => {
    let log = ''
    const display = plainDisplay({ write: text => void (log += text) })
    display.note('fetching')
    display.note('fetching')
    display.start(start, 'baseline: cifar10')
    display.progress(progress)
    display.epoch(epoch, 50)
    display.end()
    expect(log).toBe(`fetching\nbaseline: cifar10\n${epochLine(epoch, 50)}\n`)
  })
  it('repaints a block on a terminal and lets epochs scroll', () => {
    let block = ''
    let scrolled = ''
    const repaint = Object.assign((text: string) => void (block = text), {
      clear: () => void (block = ''),
      done: () => undefined,
    })
    const screen: Screen & Required<Pick<Screen, 'repaint'>> = { write: text => void (scrolled += text), repaint }
    const display = terminalDisplay(screen)
    display.start(start, 'baseline')
    display.progress(progress)
    // 990 steps are left of 50 epochs of 20; 64 ms each.
    expect(plain(block)).toContain('epoch 1/50 ━━━━━━━━━━━━━━──────────────  50 %  1:03 left at most  1000 images/s')
    expect(plain(block)).toContain('loss 2.0000  accuracy 30.00 %  rate 0.001')
    display.epoch(epoch, 50)
    expect(plain(scrolled)).toBe(`✔ ${epochLine(epoch, 50)}\n`)
    display.end()
    expect(block).toBe('')
  })
})
