import { describe, expect, it } from 'vitest'
import { Graph } from '../onnx/ir.js'
import { keepMask } from '../ops/keep-mask.js'
import { mul } from '../ops/mul.js'
import { positive } from '../ops/positive.js'
import { relu } from '../ops/relu.js'
import { sub } from '../ops/sub.js'
import { blockSize } from '../runtime/cpu-features.js'
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
    const lowered = lowerMasks(graph, 16)
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
    const lowered = lowerMasks(graph, 16)
    expect(opsOf(lowered)).toBe('Sub HardSigmoid')
    expect(lowered.outputs[0]!.producer!.inputs[0]).toBe(lowered.inputs[0])
    expect(await outputsOf(lowered)).toEqual(await outputsOf(graph))
  })

  it.each([0, 1e-9, 1e9])('compares with a difference where the bound is %d', bound => {
    const graph = graphOf(v => {
      const x = v(3)
      return positive(sub(x.graph.float(bound), x))
    })
    const lowered = lowerMasks(graph, 16)
    expect(lowered.outputs[0]!.producer!.inputs[0]!.producer?.op.name).toBe('Sub')
  })

  const inside = (bound: number, ...shape: number[]): Graph =>
    graphOf(v => {
      const y = v(...shape)
      return mul(positive(y), positive(sub(y.graph.float(bound), y)))
    })

  it.each([1.5, 2, 6])('[0 < y < %d] of an image is a distance and a step, 0 at both bounds', async bound => {
    const graph = inside(bound, 2, 16, 5, 3)
    const step = lowerMasks(graph, 16).outputs[0]!.producer!
    expect([step.op.name, step.inputs[0]!.producer!.op.domain]).toEqual(['HardSigmoid', 'com.microsoft.nchwc'])
    const block = await blockSize()
    if (block === 0) return console.log('skipped, masks: this CPU has no blocked convolutions')
    const [before, after] = [await outputsOf(graph), await outputsOf(lowerMasks(graph, block))]
    expect(after).toEqual(before)
    expect(new Set(before[0])).toEqual(new Set([0, 1]))
  })

  it.each([
    ['without blocks', inside(6, 2, 16, 5, 3), 0],
    ['of other channels', inside(6, 2, 12, 5, 3), 16],
    ['of a matrix', inside(6, 2, 16), 16],
    ['of a bound far from 1', inside(1e9, 2, 16, 5, 3), 16],
    ['of two images', graphOf(v => mul(positive(v(2, 16, 2, 2)), positive(v(2, 16, 2, 2)))), 16],
  ])('two masks are multiplied where they are %s', (_, graph, block) => {
    expect(lowerMasks(graph, block).outputs[0]!.producer!.op.name).toBe('Mul')
  })

  it.each([1, 51, 77, 128, 255])('[byte >= %i] is a Cast and one HardSigmoid', async dropped => {
    const lowered = lowerMasks(kept(dropped), 16)
    expect(opsOf(lowered)).toBe('Cast HardSigmoid')
    expect(await outputsOf(lowered)).toEqual(await outputsOf(kept(dropped)))
  })

  it('leaves everything else as it is', () => {
    expect(
      opsOf(
        lowerMasks(
          graphOf(v => relu(v(3))),
          16,
        ),
      ),
    ).toBe('Relu')
  })
})
