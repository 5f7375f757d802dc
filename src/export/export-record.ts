import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../core/errors.js'
import type { Layout, Precision } from './format.js'
import type { Verification } from './verify.js'

/** The record that every artefact's directory holds. */
export const RECORD_NAME = 'export.json'

/** What was exported, and how it answered. */
export interface ExportRecord {
  format: string
  precision: Precision
  layout: Layout
  fixedBatch?: number
  opset?: number
  files: { path: string; sizeBytes: number }[]
  sizeBytes: number
  verification: Verification
}

/**
 * An export may take the place of nothing, of an empty directory, or of an earlier export with nothing added to it: a
 * directory with anything else in it is somebody's work. @throws UsageError
 */
export async function checkReplaceable(directory: string): Promise<void> {
  const refuse = (received: string): never => {
    throw new UsageError({
      where: `--out ${directory}`,
      expected: 'a new or empty directory, or an earlier export',
      received,
      fix: 'choose another directory, or remove what is there',
    })
  }
  const present = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      if (error.code === 'ENOTDIR') return refuse('a file of that name')
      throw error
    },
  )
  const names = present.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name))
  if (names.length === 0) return
  const own = new Set([RECORD_NAME, ...(await filesOf(directory))].map(path => join(directory, ...path.split('/'))))
  const foreign = names.find(name => !own.has(name))
  if (foreign !== undefined || own.size === 1) refuse(`a directory with '${foreign ?? names[0]}' in it`)
}

/** Files that an earlier export put there; none where its record is missing or is not one. */
async function filesOf(directory: string): Promise<string[]> {
  try {
    const record = JSON.parse(await readFile(join(directory, RECORD_NAME), 'utf8')) as Partial<ExportRecord>
    return (record.files ?? []).map(({ path }) => String(path))
  } catch {
    return []
  }
}
