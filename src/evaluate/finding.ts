import type { History } from './history.js'
import type { EvaluationResult } from './result.js'

/** One thing that is wrong with a run, with the numbers that show it and what to do about it. */
export interface Finding {
  id: string
  /** A problem spoils the result; a warning costs something or deserves a look. */
  severity: 'warning' | 'problem'
  title: string
  /** One or two sentences that hold the measured numbers. */
  evidence: string
  /** The numbers of the evidence, by name, for programs. */
  figures: Record<string, number>
  /** Concrete steps, most promising first. */
  remedy: string[]
}

/** A fault that Fovea knows: one file of `faults/`. */
export interface Fault {
  id: string
  title: string
  /**
   * Faults that cause this one: where one of them is found, this one is a symptom and is not reported. A person should
   * read what to repair, not everything that follows from it.
   */
  explainedBy: readonly string[]
  /** Undefined where nothing is wrong or too little is known. Pure. */
  detect(history: History, evaluation?: EvaluationResult): Omit<Finding, 'id' | 'title'> | undefined
}

/** A share as text: 0.8234 -> '82.3 %'. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** A measured number as text, three significant digits. */
export const digits = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1)
  return String(Number(value.toPrecision(3)))
}
