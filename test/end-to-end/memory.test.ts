import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runEnvironment, runFlags } from '../../src/train/spawn-run.js'

const EPOCHS = 8
const MB = 1e6
/** What an allocator and a collector may differ by from one moment to another. */
const BOUND = 20 * MB

/** What a script prints, in a process that is started as the one that trains is. */
function measured(script: string, ...parameters: string[]): number[] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...runFlags, '--import', 'tsx', join(import.meta.dirname, script), ...parameters],
    { cwd: join(import.meta.dirname, '../..'), encoding: 'utf8', env: runEnvironment(process.env) },
  )
  if (status !== 0) throw new Error(`no result:\n${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as number[]
}

/** Memory after each epoch. */
function memoryOf(mode: 'none' | 'leak'): number[] {
  const rss = measured('memory-child.ts', mode, String(EPOCHS))
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

describe('what the binding copied of fetched outputs', () => {
  const SET = 2 ** 24
  const RUNS = 25
  /** Sets of 16 MB that lie there after a run (the median), besides what goes in and what comes out. */
  function copies(...kept: string[]): number {
    const held = measured('fetch-copies-child.ts', String(RUNS), ...kept).sort((a, b) => a - b)
    return held[(RUNS - 1) / 2]! / SET - 2
  }

  it('is collected run by run', () => {
    expect(copies()).toBeLessThan(1.5)
  })

  it('is seen where it stays (planted)', () => {
    expect(copies('kept')).toBeGreaterThan(1.5)
  })
})
