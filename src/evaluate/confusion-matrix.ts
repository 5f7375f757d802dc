/**
 * How often each class was taken for each other one.
 * @param labels true classes, N of them, each in [0, K)
 * @param predicted predicted classes, N of them, each in [0, K)
 * @returns K rows of K counts, `confusion[true][predicted]`
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classCount: number,
): number[][] {
  const confusion = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0))
  for (let i = 0; i < labels.length; i++) confusion[labels[i]!]![predicted[i]!]!++
  return confusion
}

/** Right answers: the diagonal's sum. */
export const rightAnswers = (confusion: number[][]): number =>
  confusion.reduce((right, row, label) => right + row[label]!, 0)

/**
 * Unordered pairs of classes by how often one is taken for the other, most first. Pairs that were never confused are
 * left out; equal counts keep the order of the classes, so that the list is the same on every machine.
 */
export function mostConfusedPairs(
  confusion: number[][],
  classNames: readonly string[],
  limit = 20,
): { classes: [string, string]; count: number }[] {
  const pairs: { classes: [string, string]; count: number }[] = []
  for (let a = 0; a < confusion.length; a++)
    for (let b = a + 1; b < confusion.length; b++) {
      const count = confusion[a]![b]! + confusion[b]![a]!
      if (count > 0) pairs.push({ classes: [classNames[a]!, classNames[b]!], count })
    }
  return pairs.sort((x, y) => y.count - x.count).slice(0, limit)
}
