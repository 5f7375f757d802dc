import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { writeFileAtomic, writeJsonAtomic } from './atomic-file.js'
import { requireSpace } from './disk-space.js'

describe('atomic files', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fovea-host-'))
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await rm(directory, { recursive: true, force: true })
  })

  it('writes text, bytes and pieces, makes parents, leaves nothing else', async () => {
    const path = join(directory, 'a', 'b.bin')
    await writeFileAtomic(path, [Buffer.from('one '), Buffer.from('two')])
    expect(await readFile(path, 'utf8')).toBe('one two')
    await writeJsonAtomic(path, { x: 1 })
    expect(await readFile(path, 'utf8')).toBe('{\n  "x": 1\n}\n')
    expect(await readdir(join(directory, 'a'))).toEqual(['b.bin'])
  })

  it('writes from shared memory', async () => {
    const path = join(directory, 'shared')
    await writeFileAtomic(path, new Uint8Array(new SharedArrayBuffer(3)).fill(7))
    expect([...(await readFile(path))]).toEqual([7, 7, 7])
  })

  it('keeps the old file and removes the temporary one when a piece fails', async () => {
    const path = join(directory, 'kept')
    await writeFile(path, 'old')
    function* pieces() {
      yield Buffer.from('new')
      throw new Error('generator broke')
    }
    await expect(writeFileAtomic(path, pieces())).rejects.toThrow(/write .*kept: expected .*received generator broke/)
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(directory)).toEqual(['kept'])
  })

  it('goes on after a short write', async () => {
    const probe = await open(join(directory, 'probe'), 'w')
    const prototype = Object.getPrototypeOf(probe)
    const write = prototype.write
    await probe.close()
    vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...given: unknown[]) {
      const [bytes, at, length] = given as [Uint8Array, number, number]
      return write.call(this, bytes, at, Math.min(length, 2))
    })
    await writeFileAtomic(join(directory, 'short'), 'abcdefg')
    expect(await readFile(join(directory, 'short'), 'utf8')).toBe('abcdefg')
  })

  it('a full disk says how much was needed and how much is free', async () => {
    const probe = await open(join(directory, 'probe'), 'w')
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    vi.spyOn(Object.getPrototypeOf(probe), 'write').mockRejectedValue(full)
    await probe.close()
    const job = writeFileAtomic(join(directory, 'big'), new Uint8Array(2_500_000))
    await expect(job).rejects.toThrow(/expected 2\.5 MB of free disk space, received [\d.]+ [kMGT]?B free \(ENOSPC\)/)
    expect(await readdir(directory)).toEqual(['probe'])
  })

  it('refuses before starting when the disk is too small; a missing directory is measured at its parent', async () => {
    await requireSpace(join(directory, 'not', 'yet'), 1, 'test')
    await expect(requireSpace(join(directory, 'not', 'yet'), 1e18, 'test')).rejects.toThrow(
      /test: expected 1000000 TB of free disk space/,
    )
  })
})
