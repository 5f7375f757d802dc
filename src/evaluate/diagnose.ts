import { faults } from './faults/index.js'
import type { Fault, Finding } from './finding.js'
import type { History } from './history.js'
import type { EvaluationResult } from './result.js'

/**
 * What is wrong with a run, from what it recorded and, where there is one, an evaluation of its classifier. Empty
 * where nothing is: thresholds are set so that ordinary noise says nothing. Problems come first, then warnings, each
 * in the order of the table; a symptom whose cause was found is left out.
 */
export function diagnose(history: History, evaluation?: EvaluationResult, table: readonly Fault[] = faults): Finding[] {
  const found = table.flatMap(fault => {
    const detected = fault.detect(history, evaluation)
    return detected ? [{ fault, finding: { id: fault.id, title: fault.title, ...detected } }] : []
  })
  const ids = new Set(found.map(({ fault }) => fault.id))
  const causes = found
    .filter(({ fault }) => !fault.explainedBy.some(cause => ids.has(cause)))
    .map(({ finding }): Finding => finding)
  return [...causes.filter(f => f.severity === 'problem'), ...causes.filter(f => f.severity === 'warning')]
}
