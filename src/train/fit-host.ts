import type { Averaging } from '../optim/averaging.js'
import type { Schedule } from '../optim/schedules.js'
import type { Callback, Control, RunFiles } from './callbacks/callback.js'
import type { ActivationStatistics, EndEvent, EpochEvent, NoticeEvent, StepEvent } from './events.js'
import type { StepInput, StepResult } from './step-runner.js'
import type { WeightMap } from './weights.js'

export interface TrainingBatch {
  readonly images: Uint8Array
  readonly labels: Int32Array
  /** Second labels and shares of the first, where images are mixed. */
  readonly mixed?: StepInput['mixed']
}

/** Where batches come from; the first one belongs to the step that training begins at. */
export interface BatchSource {
  next(): Promise<TrainingBatch>
  release(batch: TrainingBatch): void
}

/** What moves the weights: `StepRunner`, or a stand-in in tests. */
export interface Stepper {
  step(input: StepInput): Promise<StepResult>
  /** A copy of everything that a later run needs. */
  read(): WeightMap
  /** One weight as it stands, not copied: overwritten by the next steps. */
  peek(name: string): Float32Array
  write(weights: WeightMap): void
}

export interface Validation {
  loss: number
  accuracy: number
  activations: ActivationStatistics[]
}

/** Everything between two steps that a resumed run must know, weights included. */
export interface Snapshot {
  step: number
  /** Sums over the steps of the epoch that is under way. */
  epochSums: EpochSums
  /** Finished epochs. */
  history: EpochEvent[]
  callbacks: { name: string; state: unknown; tensors: WeightMap }[]
  /** Set once a callback has ended the run: it does not go on after that. */
  stopped: { reason: EndReason; message: string } | null
  /** Parameters, statistics and optimizer slots. */
  weights: WeightMap
}

export interface EpochSums {
  steps: number
  loss: number
  correct: number
  seconds: number
}

/** Told after every step; a display takes what it needs. */
export interface Progress {
  step: number
  /** Counted from 1. */
  epoch: number
  epochs: number
  stepInEpoch: number
  stepsPerEpoch: number
  /** Mean over the epoch so far. */
  loss: number
  accuracy: number
  learningRate: number
  stepMs: number
}

export type EndReason = EndEvent['reason']

export interface FitHost {
  stepper: Stepper
  batches: BatchSource
  batchSize: number
  stepsPerEpoch: number
  epochs: number
  /** Ends after this many steps of the whole run, in the middle of an epoch too. */
  maxSteps?: number | undefined
  /** The optimizer's own rate. */
  learningRate: number
  schedule: Schedule
  /** Averaged weights, which are then the ones that are evaluated and kept. */
  averaging?: Averaging | undefined
  /** Measures running statistics again for weights that are means of several networks. */
  measure?: ((weights: WeightMap) => Promise<WeightMap>) | undefined
  callbacks: readonly Callback[]
  /** Names of the parameters whose gradient norms a step gives, in order. */
  trainable: readonly string[]
  /** Scores the current weights on held-out images; none: no validation. */
  validate?: ((weights: WeightMap) => Promise<Validation>) | undefined
  onEvent(event: StepEvent | EpochEvent | NoticeEvent): void
  onProgress?: ((progress: Progress) => void) | undefined
  /** Writes checkpoint `last`; called when due, at the end of each epoch and at the end. */
  save?: ((snapshot: Snapshot) => Promise<void>) | undefined
  saveBest?: Control['saveBest'] | undefined
  files: RunFiles
  /** Milliseconds of a steady clock. */
  now(): number
  /** Lets the host's events in: a step may occupy the thread. */
  breathe(): Promise<void>
  /** Memory of the process. */
  rssBytes?: (() => number) | undefined
  interrupted(): boolean
  /** Where a resumed run stands. */
  snapshot?: Snapshot | undefined
  saveEveryMs?: number | undefined
}

export interface FitResult {
  reason: EndReason
  step: number
  epochs: number
  /** Seconds of training over all epochs, validation excluded. */
  seconds: number
  /** Mean over all steps that this process did, validation excluded. */
  imagesPerSecond: number
  history: EpochEvent[]
  /** Mean of the epoch that was under way, or of the last finished one. */
  trainLoss: number
  /** As they were after the last step, optimizer slots included. */
  lastWeights: WeightMap
  /** What the classifier is made of, and why. */
  weights: WeightMap
  weightsFrom: string
  /** Of `weights`, on the validation images; undefined without them, or where training was interrupted. */
  weightsValidation: { loss: number; accuracy: number } | undefined
  message: string
}
