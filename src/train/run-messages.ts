import type { Complaint } from '../core/errors.js'
import type { BenchRequest, BenchResult } from './bench.js'
import type { EpochEvent, NoticeEvent, StartEvent } from './events.js'
import type { Progress } from './fit-host.js'
import type { RangeRequest, RangeResult } from './learning-rate-range.js'
import type { RunRequest, RunResult } from './run.js'

/** What the process that trains is told. */
export type ToRun =
  | { type: 'train'; request: RunRequest }
  | { type: 'bench'; request: BenchRequest }
  | { type: 'find-rate'; request: RangeRequest }
  | { type: 'interrupt' }

/** What it tells. */
export type FromRun =
  | { type: 'note'; message: string }
  | { type: 'start'; event: StartEvent }
  | { type: 'progress'; progress: Progress }
  | { type: 'epoch'; event: EpochEvent }
  | { type: 'notice'; event: NoticeEvent }
  | { type: 'finished'; result: RunResult }
  | { type: 'measured'; result: BenchResult }
  | { type: 'swept'; result: RangeResult }
  | { type: 'failed'; message: string; complaint?: Complaint; usage?: boolean }
