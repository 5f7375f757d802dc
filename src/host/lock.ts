import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FoveaError } from '../core/errors.js'

export interface LockOptions {
  /** How long to wait for the other process. */
  timeoutMs?: number
  pollMs?: number
  /** Called once when another process holds the lock. */
  onWait?: (holder: number) => void
}

/** Signal 0 asks only whether the process exists; EPERM means that it does and belongs to someone else. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The process that holds the lock; 0 when the file has just gone or is not yet filled. */
const holderOf = async (path: string): Promise<number> => Number(await readFile(path, 'utf8').catch(() => '0')) || 0

/**
 * Runs `work` while this process alone holds the lock file `path`; other processes wait, and find the work done. The
 * lock of a process that died is taken over. Advisory: it protects Fovea from Fovea, on one machine.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { timeoutMs = 30 * 60_000, pollMs = 200, onWait } = options
  const deadline = Date.now() + timeoutMs
  await mkdir(dirname(path), { recursive: true })
  let empties = 0
  let told = false
  while (!(await take(path))) {
    const holder = await holderOf(path)
    // An empty lock is a process between creating and filling it, or one that died there: wait a few turns first.
    empties = holder === 0 ? empties + 1 : 0
    if ((holder !== 0 && !isAlive(holder)) || empties > 10) {
      await rm(path, { force: true })
      continue
    }
    if (Date.now() >= deadline)
      throw new FoveaError({
        where: `lock ${path}`,
        expected: `process ${holder} to finish within ${Math.round(timeoutMs / 1000)} s`,
        received: 'a lock that is still held',
        fix: 'wait for the other command, or stop it',
      })
    if (!told && holder !== 0) onWait?.(holder)
    told ||= holder !== 0
    await sleep(pollMs)
  }
  return work().finally(() => rm(path, { force: true }))
}
