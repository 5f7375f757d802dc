/**
 * Fetches 16 MB from a session again and again; prints the bytes of all array buffers after each run as JSON.
 * Usage: fetch-copies-child.ts RUNS
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
const held: number[] = []
for (let run = 0; run < Number(process.argv[2]); run++) {
  await session.run({ x }, { y })
  held.push(process.memoryUsage().arrayBuffers)
}
console.log(JSON.stringify(held))
