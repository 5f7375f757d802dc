import { describe, expect, it } from 'vitest'
import { matMul } from '../ops/mat-mul.js'
import { transpose } from '../ops/transpose.js'
import { fuseMatMul } from './fuse-mat-mul.js'
import { type Build, distance, graphOf, opsOf, outputsOf } from './testing/rule-laws.js'

/** The Transpose stays behind for the pass that removes what nothing reads. */
const fused: [string, Build, Record<string, number>][] = [
  ['a transposed left', v => matMul(transpose(v(4, 3), [1, 0]), v(4, 5)), { transA: 1, transB: 0 }],
  ['a transposed right', v => matMul(v(3, 4), transpose(v(5, 4), [1, 0])), { transA: 0, transB: 1 }],
  ['both', v => matMul(transpose(v(4, 3), [1, 0]), transpose(v(5, 4), [1, 0])), { transA: 1, transB: 1 }],
  ['batches', v => matMul(v(2, 3, 4), transpose(v(2, 5, 4), [0, 2, 1])), { transA: 0, transB: 1 }],
  ['a batch for all', v => matMul(v(3, 4), transpose(v(2, 5, 4), [0, 2, 1])), { transA: 0, transB: 1 }],
]
const kept: [string, Build, string][] = [
  ['nothing transposed', v => matMul(v(3, 4), v(4, 5)), 'MatMul'],
  ['other axes transposed', v => matMul(transpose(v(3, 2, 4), [1, 0, 2]), v(4, 5)), 'Transpose MatMul'],
]

describe('fuse-mat-mul', () => {
  it.each(fused)('%s: read where it lies, to the same numbers', async (_, build, attributes) => {
    const lowered = fuseMatMul(graphOf(build))
    expect(lowered.nodes.at(-1)!.op.name).toBe('FusedMatMul')
    expect(lowered.nodes.at(-1)!.attributes).toMatchObject(attributes)
    const [before, after] = [await outputsOf(graphOf(build)), await outputsOf(lowered)]
    expect(distance(before, after)).toBeLessThan(2e-6)
    after[0]![0]! += 0.1
    expect(distance(before, after)).toBeGreaterThan(2e-6)
  })

  it.each(kept)('%s: left alone', (_, build, ops) => {
    expect(opsOf(fuseMatMul(graphOf(build)))).toBe(ops)
  })

  it('a vector beside a transposed matrix keeps its numbers', async () => {
    const build: Build = v => matMul(transpose(v(4, 3), [1, 0]), v(4))
    expect(distance(await outputsOf(graphOf(build)), await outputsOf(fuseMatMul(graphOf(build))))).toBeLessThan(2e-6)
  })
})
