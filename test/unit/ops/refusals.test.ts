import { describe, expect, it } from 'vitest'
import { gradients } from '../../../src/autodiff/gradients.js'
import type { DType } from '../../../src/core/dtype.js'
import type { Dim } from '../../../src/core/shape.js'
import { Graph, type Value } from '../../../src/onnx/ir.js'
import { add } from '../../../src/ops/add.js'
import { concat } from '../../../src/ops/concat.js'
import { dequantizeLinear } from '../../../src/ops/dequantize-linear.js'
import { evaluateGraph } from '../../../src/ops/evaluate-graph.js'
import { gather } from '../../../src/ops/gather.js'
import { pRelu } from '../../../src/ops/p-relu.js'
import { pad } from '../../../src/ops/pad.js'
import { quantizeLinear } from '../../../src/ops/quantize-linear.js'
import { ReduceMean } from '../../../src/ops/reduce-mean.js'
import { reduceSum } from '../../../src/ops/reduce-sum.js'
import { ScatterElements } from '../../../src/ops/scatter-elements.js'
import { slice } from '../../../src/ops/slice.js'
import { split } from '../../../src/ops/split.js'
import { squeeze } from '../../../src/ops/squeeze.js'
import { tile } from '../../../src/ops/tile.js'
import { where } from '../../../src/ops/where.js'

function inputs(...shapes: readonly Dim[][]): [Value, Value, Value] {
  const graph = new Graph('refusals')
  return shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape)) as [Value, Value, Value]
}
const more = (x: Value, dtype: DType, shape: readonly Dim[]): Value => x.graph.input('more', dtype, shape)

describe('an operator refuses, saying where, what it expected and what came', () => {
  it('operands of two element types', () => {
    const [a] = inputs([2])
    expect(() => add(a, more(a, 'int64', [2]))).toThrow(
      'Add: expected operands of one element type, received float32 and int64. Fix: cast',
    )
  })

  it('a condition that is not bool', () => {
    const [a, b, c] = inputs([2], [2], [2])
    expect(() => where(a, b, c)).toThrow('Where: expected a condition of type bool, received float32')
  })

  it('shapes that do not fit', () => {
    const [a, b] = inputs([2, 3], [3, 3])
    expect(() => concat([a, b], 1)).toThrow(
      'Concat: expected shapes that are equal but along axis 1, received [2, 3] and [3, 3]',
    )
    expect(() => pRelu(a, more(a, 'float32', [4, 2, 3]))).toThrow(
      'PRelu: expected a slope that broadcasts to [2, 3], received [4, 2, 3]',
    )
    expect(() => split(a, [1, 1], 1)).toThrow('Split: expected 2 sizes that add up to 3, received [1, 1]')
    expect(() => squeeze(a, [1])).toThrow('Squeeze: expected axes of size 1 in [2, 3], received axes [1]')
    expect(() => slice(a, { starts: [0], axes: [2] })).toThrow('Slice: expected an axis in [-2, 1], received 2')
  })

  it('scales that do not fit, and types that are not quantised', () => {
    const [a, scale] = inputs([2, 3], [2])
    const zero = more(a, 'uint8', [2])
    expect(() => quantizeLinear(a, scale, zero)).toThrow(
      'QuantizeLinear: expected one scale, or one for each of [2, 3] along axis 1, received [2]',
    )
    const [b, one] = inputs([2, 3], [])
    expect(() => quantizeLinear(b, one, more(b, 'uint8', [3]))).toThrow(
      'expected a zero point of shape [], as the scale',
    )
    const [c, single] = inputs([2, 3], [])
    expect(() => quantizeLinear(c, single, more(c, 'int32', []))).toThrow(
      'a zero point of uint8 or int8, received int32',
    )
    expect(() => dequantizeLinear(c, single)).toThrow('expected uint8, int8 or int32')
  })

  it('a symbolic dimension whose size it would need', () => {
    const [a] = inputs(['N', 3])
    expect(() => slice(a, { starts: [1] })).toThrow(
      "Slice: expected axis 0 taken whole, as its size 'N' is not known, received 1:2147483647:1",
    )
    expect(() => tile(a, [2, 1])).toThrow('Tile: expected one repeat per axis of [N, 3], 1 for a symbolic one')
  })

  it('margins that a mode cannot fill', () => {
    const [a] = inputs([2, 3])
    expect(() => pad(a, [0, 3, 0, 0], { mode: 'reflect' })).toThrow(
      "Pad: expected pads that mode 'reflect' can fill along axis 1 of size 3, received 3 and 0",
    )
    expect(() => pad(a, [1])).toThrow('expected 4 pads, received [1]')
  })

  it('axes that are computed', () => {
    const [a] = inputs([2, 3])
    expect(() => a.graph.add(ReduceMean, [a, more(a, 'int64', [1])])).toThrow(
      'ReduceMean: expected the axes as a constant, received a computed value. Fix: make it an initializer of the graph',
    )
  })

  it('an index outside of its axis', () => {
    const [a] = inputs([2, 3])
    const y = a.graph.output(gather(a, [2]))
    expect(() => evaluateGraph(y.graph, { x0: { shape: [2, 3], data: new Float64Array(6) } })).toThrow(
      'Gather: expected an index in [-2, 1], received 2',
    )
  })

  it('the gradient of a reduction that has none here', () => {
    const [a, b] = inputs([2], [2])
    const y = a.graph.add(ScatterElements, [a, a.graph.ints([0, 1]), b], { reduction: 'max' })
    expect(() => gradients(reduceSum(y, undefined, false), [a])).toThrow(
      "ScatterElements: expected reduction 'none' or 'add' where a gradient is asked for, received 'max'",
    )
  })
})
