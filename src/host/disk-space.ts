import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FoveaError } from '../core/errors.js'
import { formatBytes } from './format-bytes.js'

/** Bytes that this user may still write on the disk holding `path` (or its nearest parent that exists); undefined where the system does not say. */
export async function freeBytes(path: string): Promise<number | undefined> {
  for (let place = path; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place)
      return bavail * bsize
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (!missing || dirname(place) === place) return undefined
    }
  }
}

/** Refuses a long job before it starts when the disk cannot hold its result; says how much is needed and how much is free. */
export async function requireSpace(directory: string, neededBytes: number, where: string): Promise<void> {
  const free = await freeBytes(directory)
  if (free === undefined || free >= neededBytes) return
  throw new FoveaError({
    where,
    expected: `${formatBytes(neededBytes)} of free disk space at ${directory}`,
    received: `${formatBytes(free)} free`,
    fix: 'free some space, or choose another disk with --data-dir',
  })
}
