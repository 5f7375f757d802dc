import type { Finding } from '../evaluate/finding.js'
import type { EvaluationResult, Mistake } from '../evaluate/result.js'
import type { RunSummary } from '../evaluate/run-summary.js'

export interface GalleryImage {
  mistake: Mistake
  /** The image as the network's user knows it, encoded as PNG. */
  pngBytes: Uint8Array
}

export interface Provenance {
  seed: number
  /** SHA-1 or SHA-256 in hexadecimal by file name. */
  datasetHashes: Record<string, string>
  /** SHA-256 of the weights, in hexadecimal; absent where the run has not saved any. */
  weightsHash?: string
  /** What to type to get this run again. */
  command?: string
}

/** Results, and nothing that must still be computed. */
export interface ReportInput {
  title: string
  summary: RunSummary
  evaluation?: EvaluationResult
  findings: readonly Finding[]
  recipe: Record<string, unknown>
  /** Images of the mistakes of `evaluation`; those that are missing are simply not shown. */
  gallery: readonly GalleryImage[]
  provenance: Provenance
}

export interface Chart {
  /** File name without its extension. */
  name: string
  /** Stands alone: light background, fonts by name. */
  svg: string
  png: Uint8Array
}

export interface Report {
  /** One file that asks nothing of the network. */
  html: string
  charts: Chart[]
}
