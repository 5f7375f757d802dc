import type { ClassResult } from './result.js'

/** A class that was never predicted has no precision, one without images no recall: both are 0 by definition here. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/**
 * Precision, recall, F1 and support of every class.
 * @param confusion [K][K] counts, `confusion[true][predicted]`
 */
export function classMetrics(confusion: number[][], classNames: readonly string[]): ClassResult[] {
  return classNames.map((name, c) => {
    const right = confusion[c]![c]!
    const support = confusion[c]!.reduce((sum, count) => sum + count, 0)
    const timesPredicted = confusion.reduce((sum, row) => sum + row[c]!, 0)
    const precision = ratio(right, timesPredicted)
    const recall = ratio(right, support)
    return { name, precision, recall, f1: ratio(2 * precision * recall, precision + recall), support }
  })
}
