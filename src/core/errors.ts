/** What every refusal says: where it happened, what was expected, what came, and how to fix it. */
export interface Complaint {
  where: string
  expected: string
  received: string
  fix?: string
}

const sentence = ({ where, expected, received, fix }: Complaint): string =>
  `${where}: expected ${expected}, received ${received}.${fix ? ` Fix: ${fix}` : ''}`

/** The job failed (exit code 1). The message is made for the person who reads it; a stack adds nothing for them. */
export class FoveaError extends Error {
  readonly complaint: Complaint
  constructor(complaint: Complaint, options?: ErrorOptions) {
    super(sentence(complaint), options)
    this.name = 'FoveaError'
    this.complaint = complaint
  }
}

/** The request itself was wrong: unknown field, bad flag, missing argument (exit code 2). */
export class UsageError extends FoveaError {
  constructor(complaint: Complaint, options?: ErrorOptions) {
    super(complaint, options)
    this.name = 'UsageError'
  }
}

/** Edits, two swapped letters being one, for "did you mean": small words only, so the quadratic form is right. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY
      next.push(Math.min(substitute, row[j]! + 1, next[j - 1]! + 1, swap))
    }
    before = row
    row = next
  }
  return row[b.length]!
}

/** The nearest of `candidates` to a misspelt `word`, or undefined when nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map(candidate => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) => distance <= Math.max(1, Math.floor(Math.min(candidate.length, word.length) / 3)),
    )
    .sort((a, b) => a.distance - b.distance)
  return near[0]?.candidate
}

/** A thrown thing as one line of text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
