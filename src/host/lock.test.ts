import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withLock } from './lock.js'

describe('withLock', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fovea-lock-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it('lets one in at a time and frees the lock, also after an error', async () => {
    const path = join(directory, 'one')
    let inside = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++inside)
      await sleep(20)
      inside--
    }
    await Promise.all([1, 2, 3].map(() => withLock(path, work, { pollMs: 5 })))
    expect(most).toBe(1)
    const failing = withLock(path, async () => {
      throw new Error('inside')
    })
    await expect(failing).rejects.toThrow('inside')
    expect(existsSync(path)).toBe(false)
  })

  it('takes over the lock of a process that died', async () => {
    const path = join(directory, 'dead')
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    await writeFile(path, String(pid))
    expect(await withLock(path, async () => 'in', { pollMs: 5 })).toBe('in')
  })

  it('gives up on a live holder with its number', async () => {
    const path = join(directory, 'held')
    await writeFile(path, String(process.pid))
    const waits: number[] = []
    const options = { pollMs: 5, timeoutMs: 30, onWait: (pid: number) => waits.push(pid) }
    await expect(withLock(path, async () => 'in', options)).rejects.toThrow(
      new RegExp(`expected process ${process.pid} to finish`),
    )
    expect(waits).toEqual([process.pid])
  })
})
