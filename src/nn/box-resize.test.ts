import { describe, expect, it } from 'vitest'
import { Graph } from '../onnx/ir.js'
import { evaluateGraph } from '../ops/evaluate-graph.js'
import { boxResize } from './box-resize.js'

function resized(data: number[], [H, W]: [number, number], [h, w]: [number, number]): number[] {
  const graph = new Graph('resize')
  const y = graph.output(boxResize(graph.input('x', 'float32', [1, 1, H, W]), h, w))
  return [...evaluateGraph(graph, { x: { shape: [1, 1, H, W], data: Float64Array.from(data) } }).get(y)!.data]
}

describe('boxResize', () => {
  it('averages the areas that the new pixels cover', () => {
    expect(resized([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [4, 4], [2, 2])).toEqual([
      3.5, 5.5, 11.5, 13.5,
    ])
    const thirds = resized([0, 3, 6, 9], [1, 4], [1, 3])
    ;[0.75, 4.5, 8.25].forEach((value, i) => {
      expect(thirds[i]).toBeCloseTo(value, 6)
    })
  })

  it('keeps the mean, and an image of the same size as it is', () => {
    const image = Array.from({ length: 64 }, (_, i) => (i * 37) % 11)
    const small = resized(image, [8, 8], [6, 6])
    const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
    expect(mean(small)).toBeCloseTo(mean(image), 6)
    const graph = new Graph('same')
    const x = graph.input('x', 'float32', [1, 1, 8, 8])
    expect(boxResize(x, 8, 8)).toBe(x)
  })
})
