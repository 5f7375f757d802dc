import type { StartEvent } from '../train/events.js'
import type { History } from './history.js'
import { median } from './robust.js'

export interface EpochPoint {
  epoch: number
  train: number
  /** Absent where the epoch was not validated. */
  validation?: number
}

export interface GradientPoint {
  step: number
  /** Name of the parameter. */
  parameter: string
  /** Euclidean norm, positive: a logarithmic axis has no place for 0. */
  norm: number
}

/** The figures and curves of a run, ready to be drawn: nothing is left to compute. */
export interface RunSummary {
  model: StartEvent['model']
  data: StartEvent['data']
  machine: StartEvent['machine']
  versions: Record<string, string>
  /** ISO 8601. */
  startedAt: string
  resumes: number
  epochs: number
  steps: number
  /** Seconds of training over all recorded epochs, validation excluded. */
  trainingSeconds: number
  /** Median over the epochs: the first one is slow and would drag a mean down. */
  imagesPerSecond?: number
  /** By validation accuracy, the earliest among equals. */
  bestEpoch?: { epoch: number; validationAccuracy: number }
  /** Absent while the run goes on, and after a kill. */
  endReason?: NonNullable<History['end']>['reason']
  peakRssBytes?: number
  notices: { epoch: number; source: string; message: string }[]
  loss: EpochPoint[]
  accuracy: EpochPoint[]
  learningRate: { step: number; learningRate: number }[]
  gradientNorms: GradientPoint[]
}

/** A chart 500 pixels wide shows no more than this. */
const POINTS = 150
const CURVES = 8

/** At most `limit` of the records, evenly spread, the first and the last among them. */
function thin<T>(records: readonly T[], limit: number): T[] {
  if (records.length <= limit) return [...records]
  return Array.from({ length: limit }, (_, i) => records[Math.round((i * (records.length - 1)) / (limit - 1))]!)
}

function gradientPoints(history: History): GradientPoint[] {
  const names = Object.keys(history.steps[0]?.gradientNorms ?? {})
  const kernels = names.filter(name => !/bias|beta|gamma|running|moving/i.test(name))
  const drawn = thin(kernels.length > 0 ? kernels : names, CURVES)
  return thin(history.steps, POINTS).flatMap(({ step, gradientNorms }) =>
    drawn.flatMap(parameter => {
      const norm = gradientNorms[parameter]
      return norm !== undefined && Number.isFinite(norm) && norm > 0 ? [{ step, parameter, norm }] : []
    }),
  )
}

const curve = (
  history: History,
  train: 'trainLoss' | 'trainAccuracy',
  validation: 'validationLoss' | 'validationAccuracy',
): EpochPoint[] =>
  history.epochs
    .filter(record => Number.isFinite(record[train]))
    .map(record => ({
      epoch: record.epoch,
      train: record[train],
      ...(Number.isFinite(record[validation]) ? { validation: record[validation]! } : {}),
    }))

/** What there is to show of a run, finished or not. */
export function summarizeRun(history: History): RunSummary {
  const { start, epochs, steps, end } = history
  const speeds = epochs.map(({ imagesPerSecond }) => imagesPerSecond).filter(speed => speed > 0)
  const validated = epochs.filter(({ validationAccuracy }) => Number.isFinite(validationAccuracy))
  const best = validated.reduce<(typeof validated)[number] | undefined>(
    (high, epoch) => (high && high.validationAccuracy! >= epoch.validationAccuracy! ? high : epoch),
    undefined,
  )
  const lastStep = Math.max(epochs.at(-1)?.step ?? 0, steps.at(-1)?.step ?? 0, end?.step ?? 0)
  const rates: { step: number; learningRate: number }[] = steps.length > 0 ? steps : epochs
  return {
    model: start.model,
    data: start.data,
    machine: start.machine,
    versions: start.versions,
    startedAt: history.startedAt,
    resumes: history.resumes,
    epochs: epochs.length,
    steps: lastStep,
    trainingSeconds: epochs.reduce((sum, { seconds }) => sum + (seconds || 0), 0),
    ...(speeds.length > 0 ? { imagesPerSecond: median(speeds) } : {}),
    ...(best ? { bestEpoch: { epoch: best.epoch, validationAccuracy: best.validationAccuracy! } } : {}),
    ...(end ? { endReason: end.reason, peakRssBytes: end.peakRssBytes } : {}),
    notices: history.notices.map(({ epoch, source, message }) => ({ epoch, source, message })),
    loss: curve(history, 'trainLoss', 'validationLoss'),
    accuracy: curve(history, 'trainAccuracy', 'validationAccuracy'),
    learningRate: thin(rates, POINTS).map(({ step, learningRate }) => ({ step, learningRate })),
    gradientNorms: gradientPoints(history),
  }
}
