import { createHash } from 'node:crypto'
import { UsageError } from '../core/errors.js'

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** @throws UsageError where a file that a recipe names with its hash is another one now */
export function refuseOtherFile(where: string, what: string, named: string | undefined, found: string): void {
  if (named === undefined || named === found) return
  throw new UsageError({
    where,
    expected: `the file with SHA-256 ${named.slice(0, 16)}…`,
    received: `${found.slice(0, 16)}…`,
    fix: `put the ${what} back that the recipe names, or begin a new run with the new one`,
  })
}
