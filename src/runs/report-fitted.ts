import { dirname, join } from 'node:path'
import type { ImageSet } from '../data/image-set.js'
import { diagnose } from '../evaluate/diagnose.js'
import type { Finding } from '../evaluate/finding.js'
import { type History, parseHistory } from '../evaluate/history.js'
import type { EvaluationResult } from '../evaluate/result.js'
import { summarizeRun } from '../evaluate/run-summary.js'
import { writeFileAtomic } from '../host/index.js'
import type { RunEvent } from '../train/events.js'
import type { Fitted } from '../train/fit-network.js'
import { galleryOf } from './report-run.js'

/** The same form as events.jsonl, so that a program and a run directory are read by one reader. */
const historyOf = (events: readonly RunEvent[]): History =>
  parseHistory(events.map(event => JSON.stringify(event)).join('\n'), 'the events of fit()')

/** What the faults that Fovea knows say about a training; empty where nothing is wrong. */
export const diagnoseFitted = (run: Fitted, evaluation?: EvaluationResult): Finding[] =>
  diagnose(historyOf(run.events), evaluation)

export interface ReportOptions {
  /** Result of `evaluate(run.classifier, test)`. */
  evaluation?: EvaluationResult
  /** The images it was made of, for the gallery of mistakes. */
  test?: ImageSet
  /** Path of the page; its charts go beside it. Default report.html. */
  to?: string
}

/** Writes the report of a training as one self-contained page; gives its path. */
export async function report(
  run: Fitted,
  { evaluation, test, to = 'report.html' }: ReportOptions = {},
): Promise<string> {
  const history = historyOf(run.events)
  const { recipe } = history.start
  const { renderReport, reportFiles } = await import('../report/index.js')
  const rendered = await renderReport({
    title: String(recipe.name),
    summary: summarizeRun(history),
    findings: diagnose(history, evaluation),
    recipe,
    gallery: evaluation ? galleryOf(evaluation, test) : [],
    provenance: { seed: Number(recipe.seed), datasetHashes: {}, weightsHash: run.weightsSha256 },
    ...(evaluation ? { evaluation } : {}),
  })
  for (const { path, content } of reportFiles(rendered))
    await writeFileAtomic(path === 'report.html' ? to : join(dirname(to), path), content)
  return to
}
