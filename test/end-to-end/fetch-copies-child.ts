/**
 * Fetches 16 MB from a session again and again; prints the bytes of all array buffers after each run as JSON.
 * Usage: fetch-copies-child.ts RUNS [kept], with which a copy of every result is kept.
 */
import { tensor } from '../../src/core/tensor.js'
import { Graph } from '../../src/onnx/ir.js'
import { encodeModel } from '../../src/onnx/protobuf/index.js'
import { relu } from '../../src/ops/relu.js'
import { createSession } from '../../src/runtime/node.js'

const LENGTH = 2 ** 22
const graph = new Graph('large')
graph.output(relu(graph.input('x', 'float32', [LENGTH])), 'y')
const session = await createSession(encodeModel(graph), { threads: 1 })
const [x, y] = [tensor('float32', [LENGTH]), tensor('float32', [LENGTH])]
const [runs, keeps] = [Number(process.argv[2]), process.argv[3] === 'kept']
const held: number[] = []
const kept: ArrayBufferView[] = []
for (let run = 0; run < runs; run++) {
  await session.run({ x }, { y })
  if (keeps) kept.push(y.data.slice())
  held.push(process.memoryUsage().arrayBuffers)
}
console.log(JSON.stringify(held))
