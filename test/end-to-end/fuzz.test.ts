import { describe, expect, it } from 'vitest'
import { fuzz } from '../fuzz/run-fuzz.js'

describe('damaged ONNX and TFLite files', () => {
  it('are read or refused: no crash, no hang, no other error, no gigabyte, no other file', async () => {
    const { inputs, read, refused, findings } = await fuzz({ count: 2000, seed: 1 })
    expect(findings).toEqual([])
    expect(inputs).toBe(2000)
    expect(read).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(100)
  })

  it.each([
    ['crash', /^ended the process \(3\)$/],
    ['hang', /^ran longer than 1500 ms$/],
    ['memory', /^took more than 1 GB$/],
    ['outside', /^threw a file was opened$/],
    ['error', /^threw Cannot read properties of undefined/],
  ] as const)('a reader that commits a %s is seen (planted)', async (planted, outcome) => {
    // Only the hang is waited for: a gigabyte takes longer than that, on a busy machine longer than an input may.
    const limitMs = planted === 'hang' ? 1500 : 30_000
    const { findings } = await fuzz({ count: 20, seed: 1, planted, limitMs })
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ input: 19 })
    expect(findings[0]!.outcome).toMatch(outcome)
  })
})
