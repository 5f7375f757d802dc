import { expect, it } from 'vitest'
import type { NodeProfile } from '../runtime/profile.js'
import { operationsOf, profileStep } from './step-profile.js'

const node = (op: string, medianMs: number, inputs: string[], output: string): NodeProfile => ({
  name: op,
  op,
  provider: 'CPUExecutionProvider',
  medianMs,
  share: 0,
  inputs,
  outputs: [output],
})
const f = (...dims: number[]): string => `float[${dims.join(',')}]`

it('counts what convolutions and matrix products do', () => {
  expect(operationsOf(node('Conv', 1, [f(2, 3, 8, 8), f(4, 3, 3, 3)], f(2, 4, 8, 8)))).toBe(2 * 2 * 4 * 64 * 27)
  expect(operationsOf(node('MatMul', 1, [f(5, 2, 3), f(3, 7)], f(5, 2, 7)))).toBe(2 * 5 * 2 * 7 * 3)
  // A transposed: [k, m].
  expect(operationsOf(node('FusedMatMul', 1, [f(3, 2), f(3, 7)], f(2, 7)))).toBe(2 * 2 * 7 * 3)
  expect(operationsOf(node('Relu', 1, [f(2, 3)], f(2, 3)))).toBeUndefined()
})

it('says how much of a step is kernels, and how near to the matrix product it comes', () => {
  const conv = node('Conv', 6, [f(1, 1, 10, 10), f(1, 1, 3, 3)], f(1, 1, 10, 10))
  const profile = profileStep([conv, node('Relu', 1, [f(4)], f(4)), node('Relu', 3, [f(4)], f(4))], {
    stepMs: 20,
    batchSize: 10,
    multiplyAdds: 1e6,
    sgemmGflops: 30,
  })
  expect(profile).toMatchObject({ nodesMs: 10, kernelShare: 0.6, directGflops: 3, shareOfSgemm: 0.1 })
  expect(profile.ops).toEqual([
    { op: 'Conv', nodes: 1, ms: 6, share: 0.6, gflops: 1800 / 6 / 1e6 },
    { op: 'Relu', nodes: 2, ms: 4, share: 0.4 },
  ])
  expect(profile.nodes[0]).toMatchObject({ op: 'Conv', gflops: 1800 / 6 / 1e6 })
})
