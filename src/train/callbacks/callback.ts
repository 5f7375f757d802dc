import type { EpochEvent } from '../events.js'
import type { WeightMap } from '../weights.js'

export const metrics = ['validationLoss', 'validationAccuracy', 'trainLoss', 'trainAccuracy'] as const
/** What an epoch measures; callbacks watch one of these. */
export type Metric = (typeof metrics)[number]
export type Direction = 'auto' | 'min' | 'max'

/** Loss falls, accuracy rises. */
export const directionOf = (monitor: Metric, mode: Direction): 'min' | 'max' =>
  mode === 'auto' ? (monitor.endsWith('Loss') ? 'min' : 'max') : mode

/** Files of a run, written by name; how and where is the host's affair. */
export interface RunFiles {
  append(name: string, content: string | Uint8Array): void
  /** Cuts a file back to what it held at the checkpoint, so that a resumed run repeats no line. */
  truncate(name: string, sizeBytes: number): void
}

/** What the trainer lets a callback do. */
export interface Control {
  readonly files: RunFiles
  /** The optimizer's own rate, before schedule and callbacks. */
  readonly baseLearningRate: number
  /** A copy of parameters and running statistics. */
  weights(): WeightMap
  /** Ends training after the hooks of this moment. */
  stop(reason: 'early-stopping' | 'not-a-number', message: string): void
  /** Writes a notice into the run's events. */
  notice(source: string, message: string): void
  /** Keeps these weights beside the run's last checkpoint. */
  saveBest(weights: WeightMap, facts: { epoch: number; monitor: Metric; value: number }): Promise<void>
  /** Proposes the weights of the finished classifier; the first callback of the list that proposes wins. */
  choose(weights: WeightMap, epoch: number, why: string): void
}

/**
 * Something that watches a training and may steer it. Everything it remembers goes through `state` and `tensors` into
 * each checkpoint and comes back through `restore`: a resumed run then decides exactly as the uninterrupted one.
 */
export interface Callback {
  readonly name: string
  /** The metric it watches, so that a run without it is refused before it starts. */
  readonly monitor?: Metric
  /** Factor on the learning rate during `epoch`, counted from 1. */
  rateFactor?(epoch: number, baseLearningRate: number): number
  begin?(control: Control, position: { step: number; resumed: boolean }): void
  stepEnd?(step: { step: number; epoch: number; loss: number; learningRate: number }, control: Control): void
  epochEnd?(epoch: EpochEvent, control: Control): void | Promise<void>
  end?(control: Control): void
  /** Plain JSON. */
  state?(): unknown
  tensors?(): WeightMap
  restore?(state: unknown, tensors: WeightMap): void
}
