import type { MachineFacts } from '../host/index.js'

/**
 * What a run writes down about itself: one JSON object per line in `events.jsonl`, append-only. Everything that
 * explains a run later (history, diagnosis, report) is computed from these lines and never from memory.
 */
export interface ActivationStatistics {
  /** Path of the layer, e.g. `conv2d_1`. */
  layer: string
  mean: number
  standardDeviation: number
  /** Share of exact zeros (a dead ReLU shows 1). */
  zeroFraction: number
}

export interface StartEvent {
  type: 'start'
  /** ISO 8601. */
  time: string
  /** 0 for a fresh run, the step that training goes on from after --resume. */
  step: number
  recipe: Record<string, unknown>
  model: { name: string; parameters: number; multiplyAdds: number }
  data: {
    name: string
    classNames: string[]
    trainCount: number
    validationCount: number
    /** True where the validation images are the test images: the choice of the best epoch then leaks. */
    validationIsTest: boolean
  }
  machine: MachineFacts & { device: string; threads: number }
  versions: Record<string, string>
}

/** Logged every few steps. */
export interface StepEvent {
  type: 'step'
  step: number
  epoch: number
  loss: number
  /** Share of the batch that was classified right. */
  accuracy: number
  learningRate: number
  /** Euclidean norm of the gradient of each parameter, by parameter name. */
  gradientNorms: Record<string, number>
  /** Euclidean norm of each parameter, by parameter name. */
  parameterNorms: Record<string, number>
  stepMs: number
}

export interface EpochEvent {
  type: 'epoch'
  /** Counted from 1. */
  epoch: number
  step: number
  /** Seconds of training in this epoch, validation excluded. */
  seconds: number
  imagesPerSecond: number
  /** Mean over the epoch's steps, as the network was while it changed, with augmentation and dropout. */
  trainLoss: number
  trainAccuracy: number
  validationLoss?: number
  validationAccuracy?: number
  learningRate: number
  activations: ActivationStatistics[]
  /** Memory of the process after validation: what it grows by from epoch to epoch is a leak. */
  rssBytes?: number
}

/** A callback or the trainer did something worth knowing (learning rate lowered, best restored ...). */
export interface NoticeEvent {
  type: 'notice'
  epoch: number
  step: number
  source: string
  message: string
}

export interface EndEvent {
  type: 'end'
  time: string
  reason: 'completed' | 'max-steps' | 'early-stopping' | 'interrupted' | 'not-a-number'
  epoch: number
  step: number
  /** Seconds of training, validation excluded. */
  seconds: number
  peakRssBytes: number
}

export type RunEvent = StartEvent | StepEvent | EpochEvent | NoticeEvent | EndEvent
