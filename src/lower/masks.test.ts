import { describe, expect, it } from 'vitest'
import { Graph } from '../onnx/ir.js'
import { keepMask } from '../ops/keep-mask.js'
import { positive } from '../ops/positive.js'
import { relu } from '../ops/relu.js'
import { sub } from '../ops/sub.js'
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

  it.each([1.5, -0.25, 6])('[x < %d] is one HardSigmoid, 0 at the bound', async bound => {
    const graph = graphOf(v => {
      const x = v(4, 50)
      return positive(sub(x.graph.float(bound), x))
    })
    const lowered = lowerMasks(graph)
    expect(opsOf(lowered)).toBe('Sub HardSigmoid')
    expect(lowered.outputs[0]!.producer!.inputs[0]).toBe(lowered.inputs[0])
    expect(await outputsOf(lowered)).toEqual(await outputsOf(graph))
  })

  it.each([0, 1e-9, 1e9])('compares with a difference where the bound is %d', bound => {
    const graph = graphOf(v => {
      const x = v(3)
      return positive(sub(x.graph.float(bound), x))
    })
    const lowered = lowerMasks(graph)
    expect(lowered.outputs[0]!.producer!.inputs[0]!.producer?.op.name).toBe('Sub')
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
