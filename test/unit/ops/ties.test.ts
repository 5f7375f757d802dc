import { describe, expect, it } from 'vitest'
import { gradients } from '../../../src/autodiff/gradients.js'
import { float32, tensor } from '../../../src/core/tensor.js'
import { Graph, type Value } from '../../../src/onnx/ir.js'
import { abs } from '../../../src/ops/abs.js'
import { clip } from '../../../src/ops/clip.js'
import { evaluateGraph } from '../../../src/ops/evaluate-graph.js'
import { leakyRelu } from '../../../src/ops/leaky-relu.js'
import { max } from '../../../src/ops/max.js'
import { min } from '../../../src/ops/min.js'
import { pow } from '../../../src/ops/pow.js'
import { reduceL2 } from '../../../src/ops/reduce-l2.js'
import { reduceMax } from '../../../src/ops/reduce-max.js'
import { reduceSum } from '../../../src/ops/reduce-sum.js'
import { relu } from '../../../src/ops/relu.js'

/** Gradients of Σ y by every operand. */
function gradientsAt(build: (...operands: [Value, Value, Value]) => Value, ...operands: number[][]): number[][] {
  const graph = new Graph('tie')
  const inputs = operands.map((values, i) => graph.input(`x${i}`, 'float32', [values.length]))
  const y = build(...(inputs as [Value, Value, Value]))
  const found = gradients(reduceSum(y, undefined, false), inputs)
  for (const gradient of found) graph.output(gradient)
  const feeds = operands.map((v, i) => [`x${i}`, { shape: [v.length], data: Float64Array.from(v) }])
  const known = evaluateGraph(graph, Object.fromEntries(feeds))
  return found.map(gradient => Array.from(known.get(gradient)!.data))
}

describe('where a derivative does not exist, the choice is the one PyTorch makes', () => {
  it('max and min: equal operands share', () => {
    expect(gradientsAt(max, [1, 5], [1, 2])).toEqual([
      [0.5, 1],
      [0.5, 0],
    ])
    expect(gradientsAt(min, [4, 1], [4, 2], [4, 3])).toEqual([
      [1 / 3, 1],
      [1 / 3, 0],
      [1 / 3, 0],
    ])
  })

  it('reduceMax: equal elements share', () => {
    expect(gradientsAt(x => reduceMax(x), [3, 1, 3, 3])).toEqual([[1 / 3, 0, 1 / 3, 1 / 3]])
  })

  it('relu, leakyRelu, abs and relu6 at their kinks', () => {
    expect(gradientsAt(relu, [-0, 0])).toEqual([[0, 0]])
    expect(gradientsAt(x => leakyRelu(x, 0.25), [0])).toEqual([[0.25]])
    expect(gradientsAt(abs, [0])).toEqual([[0]])
    expect(gradientsAt(x => clip(x, 0, 6), [0, 3, 6])).toEqual([[0, 1, 0]])
  })

  it('reduceL2 of zeros is 0, not NaN', () => {
    expect(gradientsAt(x => reduceL2(x), [0, 0])).toEqual([[0, 0]])
  })

  it('pow: exponent 0 and base 0 are finite', () => {
    expect(gradientsAt(pow, [0, 2, 0], [0, 0, 2])).toEqual([
      [0, 0, 0],
      [0, Math.log(2), 0],
    ])
    const square = (x: Value): Value => pow(x, x.graph.constant(float32([2], [])))
    expect(gradientsAt(square, [-3, 0])).toEqual([[-6, 0]])
  })

  it('an exponent of another type', () => {
    const cube = (x: Value): Value => pow(x, x.graph.constant(tensor('int32', [], Int32Array.of(3))))
    expect(gradientsAt(cube, [-2])).toEqual([[12]])
  })
})
