import { float32, type Tensor, tensor } from '../core/tensor.js'
import { Graph } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { encodeModel } from '../onnx/protobuf/encode.js'

/** Tiny graphs that find out what a runtime can do. They know their operators on their own: nothing is lowered here. */

const plain = { attributes: {}, vjp: 'zero' as const }

const MatMul = defineOp({
  ...plain,
  name: 'MatMul',
  domain: '',
  arity: [2, 2],
  infer: ({ types: [a, b] }) => [{ dtype: a!.dtype, shape: [a!.shape[0]!, b!.shape[1]!] }],
})

/** Layout change into the blocked form of ONNX Runtime's CPU convolutions; the declared shape stays NCHW. */
const ReorderInput = defineOp({
  ...plain,
  name: 'ReorderInput',
  domain: 'com.microsoft.nchwc',
  arity: [1, 1],
  infer: ({ types: [x] }) => [x!],
})

/** A computation that every device has: y = x·w, small integers, so that every device gives the same numbers. */
export function deviceProbe(): { model: Uint8Array; x: Tensor; expected: readonly number[] } {
  const graph = new Graph('device_probe')
  const x = graph.input('x', 'float32', [2, 2])
  graph.output(graph.add(MatMul, [x, graph.initializer('w', float32([1, 2, 3, 4], [2, 2]))]), 'y')
  return { model: encodeModel(graph), x: float32([1, 2, 3, 4], [2, 2]), expected: [7, 10, 15, 22] }
}

const CHANNELS = 64

/** x [1, 64, 1, 2], counted up, and a graph that reorders it into blocks. */
export function blockProbe(): { model: Uint8Array; x: Tensor } {
  const graph = new Graph('block_probe')
  const x = graph.input('x', 'float32', [1, CHANNELS, 1, 2])
  graph.output(graph.add(ReorderInput, [x]), 'y')
  return {
    model: encodeModel(graph),
    x: tensor(
      'float32',
      [1, CHANNELS, 1, 2],
      Float32Array.from({ length: CHANNELS * 2 }, (_, i) => i),
    ),
  }
}

/**
 * Channels per block, read off the order: with blocks of B channels, B values of the first pixel (even numbers) come
 * before its neighbour (1).
 */
export const blockOf = (reordered: ArrayLike<number>): number => {
  const size = Array.from(reordered).indexOf(1)
  const ascends = Array.from({ length: size }, (_, i) => reordered[i] === 2 * i).every(Boolean)
  return size > 1 && ascends ? size : 0
}
