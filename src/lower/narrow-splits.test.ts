import { describe, expect, it } from 'vitest'
import { float32 } from '../core/tensor.js'
import { Graph } from '../onnx/ir.js'
import { encodeModel } from '../onnx/protobuf/index.js'
import { verifyGraph } from '../onnx/verify.js'
import { relu } from '../ops/relu.js'
import { split } from '../ops/split.js'
import { createSession } from '../runtime/node.js'
import { narrowSplits } from './narrow-splits.js'

/** Pieces of 1, 2, 3, 1, 2, 3 ... columns of x, the first of them through a ReLU. */
function pieces(count: number, axis: number): Graph {
  const sizes = Array.from({ length: count }, (_, i) => 1 + (i % 3))
  const graph = new Graph('pieces')
  const x = graph.input('x', 'float32', [2, sizes.reduce((sum, size) => sum + size, 0)])
  split(x, sizes, axis).forEach((piece, i) => {
    graph.output(i === 0 ? relu(piece) : piece, `y${i}`)
  })
  return graph
}

const splits = (graph: Graph): number[] =>
  graph.nodes.filter(({ op }) => op.name === 'Split').map(({ outputs }) => outputs.length)

async function run(graph: Graph) {
  const session = await createSession(encodeModel(graph), { optimization: 'disabled', threads: 1 })
  const [{ shape }] = graph.inputs as unknown as [{ shape: [number, number] }]
  const x = float32(
    Array.from({ length: shape[0] * shape[1] }, (_, i) => i - 5),
    shape,
  )
  const result = await session.run({ x })
  await session.release()
  return result
}

describe('narrowSplits', () => {
  it.each<[number, number[]]>([
    [8, [4, 2, 2, 2, 2]],
    [20, [7, 3, 3, 3, 3, 3, 3, 2]],
    [60, [7, 5, 2, 2, 2, 2, 5, 2, 2, 2, 2, 5, 2, 2, 2, 2, 5, 2, 2, 2, 2, 5, 2, 2, 2, 2, 5, 2, 2, 2, 2, 6]],
  ])('%i pieces: no split has more than seven, and the numbers stay', async (count, tree) => {
    for (const axis of [1, -1]) {
      const before = pieces(count, axis)
      const after = narrowSplits(before)
      verifyGraph(after)
      expect(Math.max(...splits(after))).toBeLessThanOrEqual(7)
      expect(splits(after)).toEqual(tree)
      expect(after.nodes.map(({ op }) => op.name).filter(name => name === 'Relu')).toHaveLength(1)
      expect(await run(after)).toEqual(await run(before))
    }
  })

  it('leaves seven pieces as they are', () => {
    const graph = pieces(7, 1)
    expect(narrowSplits(graph)).toBe(graph)
  })
})
