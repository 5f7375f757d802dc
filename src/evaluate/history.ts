import { FoveaError, messageOf } from '../core/errors.js'
import type { EndEvent, EpochEvent, NoticeEvent, RunEvent, StartEvent, StepEvent } from '../train/events.js'

/** What a run wrote down about itself, as one straight line of time: no duplicates, nothing from before a resume. */
export interface History {
  /** The latest start; after a resume its `step` says where training went on. */
  start: StartEvent
  /** ISO 8601, of the first start. */
  startedAt: string
  /** How often the run was resumed. */
  resumes: number
  epochs: EpochEvent[]
  steps: StepEvent[]
  notices: NoticeEvent[]
  /** Absent while the run goes on, and after a kill. */
  end?: EndEvent
}

const numbersOf: Record<RunEvent['type'], readonly string[]> = {
  start: ['step'],
  step: ['step', 'epoch'],
  epoch: ['epoch', 'step'],
  notice: ['epoch', 'step'],
  end: ['epoch', 'step'],
}
/** Measured values: JSON writes NaN and Infinity as null, and a diverged run has both. */
const measuredOf: Record<RunEvent['type'], readonly string[]> = {
  start: [],
  step: ['loss', 'accuracy', 'learningRate', 'stepMs'],
  epoch: ['seconds', 'imagesPerSecond', 'trainLoss', 'trainAccuracy', 'learningRate'],
  notice: [],
  end: ['seconds', 'peakRssBytes'],
}
const optionalMeasured = ['validationLoss', 'validationAccuracy']

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function asMeasured(record: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    if (record[name] === null) record[name] = Number.NaN
    else if (typeof record[name] !== 'number') return `a number in '${name}'`
  }
  return undefined
}

function restoreNorms(record: Record<string, unknown>): string | undefined {
  for (const field of ['gradientNorms', 'parameterNorms']) {
    const norms = record[field]
    if (!isObject(norms)) return `an object in '${field}'`
    const wrong = asMeasured(norms, Object.keys(norms))
    if (wrong) return `${wrong} of '${field}'`
  }
  return undefined
}

function restoreStart(record: Record<string, unknown>): string | undefined {
  for (const field of ['recipe', 'model', 'data', 'machine', 'versions'])
    if (!isObject(record[field])) return `an object in '${field}'`
  const classNames = (record.data as Record<string, unknown>).classNames
  return Array.isArray(classNames) ? undefined : "a list in 'data.classNames'"
}

/** Restores NaN in place and says what is missing, or undefined where the record is whole. */
function complaintAbout(record: Record<string, unknown>): string | undefined {
  const type = record.type as RunEvent['type']
  if (typeof record.type !== 'string' || !Object.hasOwn(numbersOf, type))
    return `'type' one of ${Object.keys(numbersOf).join(', ')}`
  for (const name of numbersOf[type]) if (typeof record[name] !== 'number') return `a number in '${name}'`
  const wrong = asMeasured(record, measuredOf[type])
  if (wrong) return wrong
  if (type === 'step') return restoreNorms(record)
  if (type === 'start') return restoreStart(record)
  if (type === 'epoch') {
    if (!Array.isArray(record.activations)) return "a list in 'activations'"
    return asMeasured(
      record,
      optionalMeasured.filter(name => record[name] !== undefined),
    )
  }
  return undefined
}

type Line = { event: RunEvent } | { complaint: string; syntax: boolean }

function readLine(text: string): Line {
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch (error) {
    return { complaint: `JSON (${messageOf(error)})`, syntax: true }
  }
  if (!isObject(record)) return { complaint: 'a JSON object', syntax: false }
  const complaint = complaintAbout(record)
  return complaint ? { complaint, syntax: false } : { event: record as unknown as RunEvent }
}

/**
 * Reads the lines, forgiving exactly what a kill can do: a torn last line, or a torn line right before the start of
 * the resumed run. Anything else that does not parse is damage and is named.
 */
function readEvents(text: string, where: string): RunEvent[] {
  const lines = text
    .split('\n')
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => ({ number, received: line, read: readLine(line) }))
  const events: RunEvent[] = []
  for (const [i, { number, received, read }] of lines.entries()) {
    if ('event' in read) {
      events.push(read.event)
      continue
    }
    const next = lines[i + 1]?.read
    const torn = read.syntax && (next === undefined || ('event' in next && next.event.type === 'start'))
    if (torn) continue
    throw new FoveaError({
      where: `${where}, line ${number}`,
      expected: read.complaint,
      received: received.length > 80 ? `${received.slice(0, 80)}...` : received,
      fix: 'restore the file from a copy, or remove this line if the record it held can be spared',
    })
  }
  return events
}

const byStep = <T extends { step: number }>(a: T, b: T): number => a.step - b.step

/**
 * The history of a run from the text of its `events.jsonl`. After a resume at step S everything recorded beyond S
 * belongs to a past that the run has left, and is dropped; of two records of one step or epoch the later line wins.
 * @param where how errors name the file
 * @throws FoveaError naming the line that is damaged, or where the text holds no start
 */
export function parseHistory(text: string, where = 'events.jsonl'): History {
  const steps = new Map<number, StepEvent>()
  const epochs = new Map<number, EpochEvent>()
  const notices = new Map<string, NoticeEvent>()
  let start: StartEvent | undefined
  let startedAt = ''
  let starts = 0
  let end: EndEvent | undefined
  for (const event of readEvents(text, where)) {
    if (event.type === 'start') {
      if (starts++ === 0) startedAt = event.time
      start = event
      end = undefined
      for (const held of [steps, epochs, notices] as Map<unknown, { step: number }>[])
        for (const [key, record] of held) if (record.step > event.step) held.delete(key)
    } else if (event.type === 'step') steps.set(event.step, event)
    else if (event.type === 'epoch') epochs.set(event.epoch, event)
    else if (event.type === 'notice') notices.set(`${event.step} ${event.source} ${event.message}`, event)
    else end = event
  }
  if (!start)
    throw new FoveaError({
      where,
      expected: "a 'start' record",
      received: text.trim() === '' ? 'an empty file' : 'records without one',
      fix: 'give the events.jsonl of a run that was started with fovea train',
    })
  return {
    start,
    startedAt,
    resumes: starts - 1,
    steps: [...steps.values()].sort(byStep),
    epochs: [...epochs.values()].sort((a, b) => a.epoch - b.epoch),
    notices: [...notices.values()].sort(byStep),
    ...(end ? { end } : {}),
  }
}
