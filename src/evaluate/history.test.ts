import { describe, expect, it } from 'vitest'
import type { RunEvent, StartEvent } from '../train/events.js'
import { parseHistory } from './history.js'
import { summarizeRun } from './run-summary.js'
import { baselineRun } from './testing/healthy-runs.js'
import { linesOf, syntheticEvents, syntheticHistory } from './testing/synthetic-run.js'

const run = { ...baselineRun(), epochs: 2, stepsPerEpoch: 100, logEvery: 20 }
const events = syntheticEvents(run)
const text = linesOf(events)
const start = events[0] as StartEvent

const without = (type: RunEvent['type']): RunEvent[] => events.filter(event => event.type !== type)

describe('parseHistory', () => {
  it('sorts the records of a whole run', () => {
    const history = parseHistory(text)
    expect(history.start).toEqual(start)
    expect(history.steps.map(({ step }) => step)).toEqual([1, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200])
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2])
    expect(history.end!.reason).toBe('completed')
    expect(history.resumes).toBe(0)
  })

  it('reads every prefix of the file, as a kill may leave it, without its torn last line', () => {
    const whole = parseHistory(text)
    const firstLine = text.indexOf('\n')
    for (let cut = firstLine + 1; cut < text.length; cut += 37) {
      const history = parseHistory(text.slice(0, cut))
      expect(history.steps).toEqual(whole.steps.slice(0, history.steps.length))
    }
    expect(parseHistory(text.slice(0, -5)).end).toBeUndefined()
  })

  it('lets the later line win and drops what lies beyond the step of a resume', () => {
    const killed = linesOf(without('end'))
    const again = linesOf(
      syntheticEvents({ ...run, seed: 2, logEvery: 25 }).filter(event => event.type !== 'start' && event.step > 100),
    )
    const resumed = `${killed}${JSON.stringify({ ...start, step: 100, time: '2026-11-25T08:00:00.000Z' })}\n${again}`
    const history = parseHistory(resumed)
    expect(history.steps.map(({ step }) => step)).toEqual([1, 20, 40, 60, 80, 100, 125, 150, 175, 200])
    expect(history.epochs).toHaveLength(2)
    expect(history.epochs[1]).toEqual(JSON.parse(again.split('\n').find(line => line.includes('"type":"epoch"'))!))
    expect([history.resumes, history.startedAt, history.start.step]).toEqual([1, start.time, 100])
  })

  it('forgives a torn line right before the start of a resumed run, and forgets the end before it', () => {
    const torn = `${text}{"type":"step","st\n${JSON.stringify({ ...start, step: 200 })}\n`
    expect(parseHistory(torn)).toMatchObject({ resumes: 1 })
    expect(parseHistory(torn).end).toBeUndefined()
  })

  it('reads null as not-a-number, which is how JSON writes it', () => {
    const broken = events.map(event =>
      event.type === 'step' && event.step === 60 ? { ...event, loss: Number.NaN } : event,
    )
    expect(parseHistory(linesOf(broken)).steps[3]!.loss).toBeNaN()
  })

  it('reads line ends of any system and blank lines', () => {
    expect(parseHistory(`\n${text.replaceAll('\n', '\r\n')}\n`)).toEqual(parseHistory(text))
  })

  const damaged = (line: number, replacement: string): string =>
    text
      .split('\n')
      .map((held, i) => (i === line - 1 ? replacement : held))
      .join('\n')

  it.each([
    ['a corrupt middle line', damaged(4, '{"type":"step",'), 'events.jsonl, line 4: expected JSON'],
    ['a line of another kind', damaged(3, '[1, 2]'), 'line 3: expected a JSON object'],
    [
      'an unknown record',
      damaged(3, '{"type":"stop"}'),
      "line 3: expected 'type' one of start, step, epoch, notice, end",
    ],
    [
      'a step without its loss',
      damaged(3, '{"type":"step","step":1,"epoch":1}'),
      "line 3: expected a number in 'loss'",
    ],
    ['an empty file', '', "expected a 'start' record, received an empty file"],
    ['a file without a start', linesOf(without('start')), "expected a 'start' record, received records without one"],
    ['a prototype for a type', damaged(3, '{"type":"toString"}'), "line 3: expected 'type' one of"],
  ])('names %s', (_what, held, message) => {
    expect(() => parseHistory(held)).toThrow(message)
  })
})

describe('summarizeRun', () => {
  it('holds the figures of the run and curves that fit a chart', () => {
    const history = syntheticHistory(baselineRun())
    const summary = summarizeRun(history)
    const accuracies = history.epochs.map(e => e.validationAccuracy!)
    expect(summary.bestEpoch).toEqual({
      epoch: accuracies.indexOf(Math.max(...accuracies)) + 1,
      validationAccuracy: Math.max(...accuracies),
    })
    expect(summary).toMatchObject({ epochs: 30, steps: 21_000, endReason: 'completed' })
    expect(summary.imagesPerSecond).toBeGreaterThan(1000)
    expect(summary.loss).toHaveLength(30)
    expect(summary.learningRate).toHaveLength(150)
    expect(summary.learningRate.at(-1)!.step).toBe(21_000)
    expect(new Set(summary.gradientNorms.map(({ parameter }) => parameter)).size).toBe(6)
    expect(summary.gradientNorms).toHaveLength(900)
  })

  it('speaks of a run that was killed in its first epoch', () => {
    const history = syntheticHistory(run)
    const { end: _end, ...killed } = { ...history, epochs: [], steps: history.steps.slice(0, 3) }
    const summary = summarizeRun(killed)
    expect(summary).toMatchObject({ epochs: 0, steps: 40, trainingSeconds: 0, loss: [] })
    expect(summary).not.toHaveProperty('imagesPerSecond')
    expect(summary).not.toHaveProperty('endReason')
  })
})
