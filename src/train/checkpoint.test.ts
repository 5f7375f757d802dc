import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { float32 } from '../core/tensor.js'
import { readCheckpoint, weightsSha256, writeCheckpoint } from './checkpoint.js'
import type { WeightMap } from './weights.js'

const weightsOf = (value: number): WeightMap => new Map([['w', float32([value, value + 1])]])
const firstIn = async (directory: string) => (await readCheckpoint(directory, 'last'))?.tensors.get('w')?.data[0]

describe('checkpoint', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fovea-checkpoint-'))
  })
  afterEach(() => rm(directory, { recursive: true }))
  const at = (name: string): string => join(directory, name)

  it('comes back as it was, and leaves two files', async () => {
    await writeCheckpoint(directory, 'last', weightsOf(1), { step: 3 })
    await writeCheckpoint(directory, 'last', weightsOf(2), { step: 4 })
    expect(await readCheckpoint(directory, 'last')).toEqual({ tensors: weightsOf(2), facts: { step: 4 } })
    expect((await readdir(directory)).sort()).toEqual(['last.json', 'last.safetensors'])
  })

  it('is undefined where none was completed', async () => {
    expect(await readCheckpoint(directory, 'last')).toBeUndefined()
    await writeCheckpoint(directory, 'last', weightsOf(1), {})
    await rm(at('last.json'))
    expect(await readCheckpoint(directory, 'last')).toBeUndefined()
  })

  /** The files of a death after each step of the replacement of 1 by 2. */
  const deaths: [string, (oldPair: string, newPair: string) => Promise<void>, number][] = [
    ['1: the old tensors were moved away', async () => rename('last.safetensors', 'last.previous.safetensors'), 1],
    [
      '2: the new tensors were written',
      async (_, newPair) => {
        await rename('last.safetensors', 'last.previous.safetensors')
        await cp(join(newPair, 'last.safetensors'), at('last.safetensors'))
      },
      1,
    ],
    [
      '3: the new facts were written',
      async (_, newPair) => {
        await rename('last.safetensors', 'last.previous.safetensors')
        await cp(join(newPair, 'last.safetensors'), at('last.safetensors'))
        await cp(join(newPair, 'last.json'), at('last.json'))
      },
      2,
    ],
  ]
  const rename = async (from: string, to: string): Promise<void> => {
    await cp(at(from), at(to))
    await rm(at(from))
  }
  it.each(deaths)('survives a death after step %s', async (_, die, survivor) => {
    const newPair = at('new')
    await writeCheckpoint(directory, 'last', weightsOf(1), { step: 1 })
    await writeCheckpoint(newPair, 'last', weightsOf(2), { step: 2 })
    await die(directory, newPair)
    expect(await firstIn(directory)).toBe(survivor)
    // And the next replacement, and a death in its middle, find a sound pair too.
    await writeCheckpoint(directory, 'last', weightsOf(3), { step: 3 })
    expect(await firstIn(directory)).toBe(3)
    await rename('last.safetensors', 'last.previous.safetensors')
    expect(await firstIn(directory)).toBe(3)
  })

  it('names a pair that does not fit', async () => {
    await writeCheckpoint(directory, 'last', weightsOf(1), {})
    const bytes = await readFile(at('last.safetensors'))
    bytes[bytes.length - 1]! ^= 1
    await writeFile(at('last.safetensors'), bytes)
    await expect(readCheckpoint(directory, 'last')).rejects.toThrow(
      /expected the file with SHA-256 [0-9a-f]{16}… that last.json names, received another content, or no file/,
    )
  })

  it('refuses another kind of JSON', async () => {
    await writeFile(at('last.json'), '{"format":"other"}')
    await expect(readCheckpoint(directory, 'last')).rejects.toThrow(
      /expected a fovea-checkpoint of version 1, received another kind of file/,
    )
  })
})

describe('weightsSha256', () => {
  it('depends on names, shapes and bytes, and not on order or optimizer slots', () => {
    const hash = (...entries: [string, number[], number[]][]): string =>
      weightsSha256(new Map(entries.map(([name, values, shape]) => [name, float32(values, shape)])))
    const base = hash(['a', [1, 2], [2]], ['b', [3], [1]])
    expect(hash(['b', [3], [1]], ['a', [1, 2], [2]])).toBe(base)
    expect(hash(['a', [1, 2], [2]], ['b', [3], [1]], ['optimizer/m/a', [9, 9], [2]])).toBe(base)
    expect(hash(['a', [1, 2], [1, 2]], ['b', [3], [1]])).not.toBe(base)
    expect(hash(['a', [1, 2], [2]], ['c', [3], [1]])).not.toBe(base)
    expect(hash(['a', [1, -2], [2]], ['b', [3], [1]])).not.toBe(base)
  })
})
