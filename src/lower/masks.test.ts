import { describe, expect, it } from 'vitest'
import { Graph } from '../onnx/ir.js'
import { keepMask } from '../ops/keep-mask.js'
import { positive } from '../ops/positive.js'
import { relu } from '../ops/relu.js'
import { lowerMasks } from './masks.js'
import { distance, graphOf, opsOf, outputsOf } from './testing/rule-laws.js'

const kept = (dropped: number): Graph => {
  const graph = new Graph('kept')
  graph.output(keepMask(graph.input('bytes', 'uint8', [2, 300]), dropped))
  return graph
}

describe('masks', () => {
  it('[x > 0] is one HardSigmoid, 0 at 0', async () => {
    const graph = graphOf(v => positive(v(4, 50)))
    const lowered = lowerMasks(graph)
    expect(opsOf(lowered)).toBe('HardSigmoid')
    const [before, after] = [await outputsOf(graph), await outputsOf(lowered)]
    expect(after).toEqual(before)
    expect(new Set(before[0])).toEqual(new Set([0, 1]))
    after[0]![3] = 0.5
    expect(distance(before, after)).toBeGreaterThan(1e-3)
  })

  it.each([1, 51, 77, 128, 255])('[byte >= %i] is a Cast and one HardSigmoid', async dropped => {
    const lowered = lowerMasks(kept(dropped))
    expect(opsOf(lowered)).toBe('Cast HardSigmoid')
    expect(await outputsOf(lowered)).toEqual(await outputsOf(kept(dropped)))
  })

  it('leaves everything else as it is', () => {
    expect(opsOf(lowerMasks(graphOf(v => relu(v(3)))))).toBe('Relu')
  })
})
