import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runEnvironment } from '../../src/train/spawn-run.js'

const EPOCHS = 8
const MB = 1e6
/** What an allocator and a collector may differ by from one moment to another. */
const BOUND = 20 * MB

/** Memory after each epoch, in a process that is started as the one that trains is. */
function memoryOf(mode: 'none' | 'leak'): number[] {
  const script = join(import.meta.dirname, 'memory-child.ts')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', script, mode, String(EPOCHS)],
    { cwd: join(import.meta.dirname, '../..'), encoding: 'utf8', env: runEnvironment(process.env) },
  )
  if (status !== 0) throw new Error(`no result:\n${stderr}`)
  const rss = JSON.parse(stdout.trim().split('\n').at(-1)!) as number[]
  console.log(`${mode}: ${rss.map(bytes => Math.round(bytes / MB)).join(', ')} MB`)
  return rss
}

/** From the middle of the run on: an epoch of 60 steps is too short for the first to have seen all there is. */
const growth = (rss: readonly number[]): number => Math.min(...rss.slice(-2)) - Math.min(...rss.slice(2, 4))

describe('memory from epoch to epoch', () => {
  it('stays where it is', () => {
    const rss = memoryOf('none')
    expect(rss.length).toBe(EPOCHS)
    expect(growth(rss)).toBeLessThan(BOUND)
    expect(Math.max(...rss)).toBeLessThan(1200 * MB)
  })

  it('is seen to grow where something is kept (planted)', () => {
    expect(growth(memoryOf('leak'))).toBeGreaterThan(BOUND)
  })
})
