import { describe, expect, it } from 'vitest'
import { verifyGraph } from '../onnx/verify.js'
import { add } from '../ops/add.js'
import { mul } from '../ops/mul.js'
import { relu } from '../ops/relu.js'
import { sub } from '../ops/sub.js'
import { type Build, distance, graphOf, opsOf, outputsOf } from './testing/rule-laws.js'
import { withoutTrailingOnes } from './trailing-ones.js'

const slow: readonly [string, Build, string][] = [
  ['a kernel and a number', v => mul(v(64, 16, 1, 1), v()), 'Reshape Reshape Mul Reshape'],
  ['a number of rank 4, first', v => sub(v(1, 1, 1, 1), v(64, 16, 1, 1)), 'Reshape Reshape Sub Reshape'],
  [
    'several, beside what is fast',
    v => {
      const [w, velocity, rate] = [v(1024, 1), v(1024, 1), v(1)]
      return [sub(w, mul(add(mul(velocity, rate), w), rate)), relu(velocity)]
    },
    'Reshape Mul Reshape Add Reshape Mul Reshape Sub Relu',
  ],
]
const left: readonly [string, Build][] = [
  ['a last axis above 1', v => mul(v(64, 1, 16), v())],
  ['few elements', v => mul(v(1023, 1), v())],
  ['two full tensors', v => mul(v(1024, 1), v(1024, 1))],
  ['numbers per row', v => mul(v(1024, 2, 1), v(2, 1))],
  ['one operand', v => relu(v(1024, 1))],
]

describe('a last axis of 1 beside a number', () => {
  it.each(slow)('%s: flat, the same bits', async (_, build, ops) => {
    const [before, after] = [graphOf(build), withoutTrailingOnes(graphOf(build))]
    expect(opsOf(verifyGraph(after))).toBe(ops)
    expect(after.outputs.map(({ shape }) => shape)).toEqual(before.outputs.map(({ shape }) => shape))
    const [expected, found] = [await outputsOf(before), await outputsOf(after)]
    expect(distance(expected, found)).toBe(0)
    // Planted error.
    found[0]![5]! += 1e-3
    expect(distance(expected, found)).toBeGreaterThan(0)
  })

  it.each(left)('%s: left as it is', (_, build) => {
    const graph = graphOf(build)
    expect(withoutTrailingOnes(graph)).toBe(graph)
  })
})
