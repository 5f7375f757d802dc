import { tensor } from '../core/tensor.js'
import { Graph } from '../onnx/ir.js'
import { encodeModel } from '../onnx/protobuf/index.js'
import { matMul } from '../ops/mat-mul.js'
import { createSession } from '../runtime/node.js'
import type { Machine } from './compile.js'

const SIDE = 1024
const RUNS = 9

/** What this machine's matrix product of float32 reaches, the yardstick of everything else: GFLOP/s, best of 9 runs. */
export async function measureSgemm({ device, threads }: Pick<Machine, 'device' | 'threads'>): Promise<number> {
  const graph = new Graph('sgemm')
  const [a, b] = ['a', 'b'].map(name => graph.input(name, 'float32', [SIDE, SIDE]))
  graph.output(matMul(a!, b!), 'c')
  const session = await createSession(encodeModel(graph), { device, threads })
  const feeds = { a: tensor('float32', [SIDE, SIDE]), b: tensor('float32', [SIDE, SIDE]) }
  feeds.a.data.fill(1 as never)
  feeds.b.data.fill(1 as never)
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now()
    await session.run(feeds)
    best = Math.min(best, performance.now() - start)
  }
  await session.release()
  return (2 * SIDE ** 3) / best / 1e6
}
