import { describe, expect, it } from 'vitest'
import { randomStream } from '../core/random.js'
import { type Tensor, tensor } from '../core/tensor.js'
import { Graph } from '../onnx/ir.js'
import { encodeModel } from '../onnx/protobuf/index.js'
import { add } from '../ops/add.js'
import { conv } from '../ops/conv.js'
import { maxPool } from '../ops/max-pool.js'
import { relu } from '../ops/relu.js'
import { blockSize } from '../runtime/cpu-features.js'
import { createSession } from '../runtime/node.js'
import { lowerFor } from './pipelines.js'

const random = (shape: number[], name: string): Tensor => {
  const made = tensor('float32', shape)
  const stream = randomStream(7, name)
  ;(made.data as Float32Array).forEach((_, i, data) => {
    data[i] = stream.uniform(-1, 1)
  })
  return made
}

function network(): Graph {
  const graph = new Graph('two convolutions')
  const x = graph.input('x', 'float32', [2, 16, 8, 8])
  const [w1, w2] = ['w1', 'w2'].map(name => graph.initializer(name, random([16, 16, 3, 3], name)))
  const pads = { pads: [1, 1, 1, 1] }
  const pooled = maxPool(relu(conv(x, w1!, undefined, pads)), { kernel_shape: [2, 2], strides: [2, 2] })
  graph.output(add(conv(pooled, w2!, undefined, pads), graph.float(1)), 'y')
  return graph
}

const machine = { device: 'cpu' as const, blockSize: await blockSize() }
const lowered = (compute: 'float16' | 'float32'): Graph =>
  lowerFor(network(), { ...machine, halfProducts: compute === 'float16' ? () => true : undefined })
const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op, outputs }) => `${op.name} ${outputs[0]!.dtype}`)

async function outputOf(graph: Graph): Promise<Float32Array> {
  const session = await createSession(encodeModel(graph), { threads: 1 })
  const { y } = await session.run({ x: random([2, 16, 8, 8], 'x') })
  await session.release()
  return y!.data as Float32Array
}

describe('products in float16', () => {
  it('are narrow, and so is what only moves between them; sums are not', () => {
    const ops = opsOf(lowered('float16'))
    expect(ops.filter(op => op === 'Conv float16')).toHaveLength(2)
    expect(ops).toContain('Relu float16')
    expect(ops).toContain('MaxPool float16')
    expect(ops).toContain('Add float32')
    // The image, two kernels, and the last result back.
    expect(ops.filter(op => op.startsWith('Cast'))).toHaveLength(4)
  })

  it('differ from those in float32 by rounding and no more', async () => {
    const [half, single] = [await outputOf(lowered('float16')), await outputOf(lowered('float32'))]
    const largest = Math.max(...half.map((value, i) => Math.abs(value - single[i]!)))
    expect(largest).toBeLessThan(0.02)
    expect(largest).toBeGreaterThan(1e-4)
  })

  it('are left alone where nobody asks', () => {
    expect(opsOf(lowered('float32')).join()).not.toContain('float16')
  })
})
