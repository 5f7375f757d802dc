import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type DType, dtypes } from '../core/dtype.js'
import { float32, type Tensor, tensor } from '../core/tensor.js'
import { Graph } from '../onnx/ir.js'
import { encodeModel, scanModel } from '../onnx/protobuf/index.js'
import { add } from '../ops/add.js'
import { identity } from '../ops/identity.js'
import { relu } from '../ops/relu.js'
import { transpose } from '../ops/transpose.js'
import { createSession } from './node.js'
import type { Device, SessionOptions } from './session.js'

/** y = relu(x + w), z = x + w, for any number of rows. */
function model(): Uint8Array {
  const graph = new Graph('session')
  const x = graph.input('x', 'float32', ['N', 3])
  const sum = add(x, graph.initializer('w', float32([1, 2, -30])))
  graph.output(relu(sum), 'y')
  graph.output(sum, 'z')
  return encodeModel(graph)
}
const open = (options: SessionOptions = {}) => createSession(model(), { threads: 1, ...options })
const rows = (...values: number[]): Tensor => float32(values, [values.length / 3, 3])

describe('createSession', () => {
  it('runs a graph and says what it takes and gives', async () => {
    const session = await open()
    expect(session.device).toBe('cpu')
    expect(session.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['N', 3] }])
    expect(session.outputs.map(output => output.name)).toEqual(['y', 'z'])
    const { y, z } = await session.run({ x: rows(1, 2, 3, 4, 5, 6) })
    expect(y).toEqual(rows(2, 4, 0, 5, 7, 0))
    expect(z!.shape).toEqual([2, 3])
    await session.release()
  })

  it('writes fetched outputs in place, and computes only those', async () => {
    const session = await open()
    const y = tensor('float32', [1, 3])
    const { buffer } = y.data
    for (const first of [1, 10]) {
      const result = await session.run({ x: rows(first, 2, 3) }, { y })
      expect(Object.keys(result)).toEqual(['y'])
      expect(result.y).toBe(y)
      expect(y.data.buffer).toBe(buffer)
      expect(Array.from(y.data as Float32Array)).toEqual([first + 1, 4, 0])
    }
    await session.release()
  })

  it('reads feeds where they lie: a changed feed changes the next result', async () => {
    const session = await open()
    const x = rows(1, 1, 1)
    await session.run({ x })
    x.data[0] = 41
    expect((await session.run({ x })).y!.data[0]).toBe(42)
    await session.release()
  })

  it('views of a larger buffer are read and written at their place', async () => {
    const session = await open()
    const arena = new Float32Array(9).fill(7)
    const x = tensor('float32', [1, 3], arena.subarray(3, 6))
    const y = tensor('float32', [1, 3], arena.subarray(6, 9))
    await session.run({ x }, { y })
    expect(Array.from(arena)).toEqual([7, 7, 7, 7, 7, 7, 8, 9, 0])
    await session.release()
  })

  it.each(dtypes)('carries %s unchanged', async (dtype: DType) => {
    const graph = new Graph('carry')
    graph.output(identity(graph.input('x', dtype, [2])), 'y')
    const session = await createSession(encodeModel(graph), { threads: 1 })
    const x = tensor(dtype, [2])
    new Uint8Array(x.data.buffer).set([1, 1])
    expect((await session.run({ x })).y).toEqual(x)
    await session.release()
  })

  it.each<[string, Record<string, Tensor>, string]>([
    ['nothing', {}, "feed 'x': expected float32 [N, 3], received nothing"],
    ['another type', { x: tensor('int32', [1, 3]) }, "feed 'x': expected float32 [N, 3], received int32 [1, 3]"],
    ['another rank', { x: tensor('float32', [3]) }, 'received float32 [3]'],
    ['another size', { x: tensor('float32', [1, 4]) }, 'received float32 [1, 4]'],
  ])('refuses as feed: %s', async (_, feeds, message) => {
    const session = await open()
    await expect(session.run(feeds)).rejects.toThrow(message)
    await session.release()
  })

  it('refuses fetches that the graph does not have, or that are shaped otherwise', async () => {
    const session = await open()
    const x = rows(1, 2, 3)
    await expect(session.run({ x }, { q: rows(1, 2, 3) })).rejects.toThrow("fetches: expected y, z, received 'q'")
    await expect(session.run({ x }, { y: tensor('int32', [1, 3]) })).rejects.toThrow(
      "fetch 'y': expected float32 [N, 3], received int32 [1, 3]",
    )
    await expect(session.run({ x }, { y: rows(1, 2, 3, 4, 5, 6) })).rejects.toThrow('session on cpu: expected')
    await session.release()
  })

  it('says why a model is refused', async () => {
    await expect(createSession(new Uint8Array([1, 2, 3]))).rejects.toThrow(
      'session on cpu: expected a graph that ONNX Runtime accepts, received',
    )
    await expect(open({ device: 'tpu' as Device })).rejects.toThrow(
      "device: expected cpu, webgpu, cuda, received 'tpu'",
    )
  })

  it('reads bytes as ONNX only, even those that open like the other format of the runtime', async () => {
    const graph = new Graph('g')
    graph.output(relu(graph.input('x', 'float32', [1])), 'y')
    const session = await createSession(encodeModel(graph, { producerName: 'ORTM' }), { threads: 1 })
    expect((await session.run({ x: float32([-1]) })).y!.data[0]).toBe(0)
    await session.release()
  })

  it.each([
    { moveTransposes: true, left: 0 },
    { moveTransposes: false, left: 2 },
  ])('moves transpositions only where it may: $moveTransposes', async ({ moveTransposes, left }) => {
    const graph = new Graph('there and back')
    const turned = transpose(graph.input('x', 'float32', [4, 3]), [1, 0])
    graph.output(transpose(relu(turned), [1, 0]), 'y')
    const folder = mkdtempSync(join(tmpdir(), 'fovea-session-'))
    try {
      const optimizedModel = join(folder, 'optimized.onnx')
      await (await createSession(encodeModel(graph), { threads: 1, moveTransposes, optimizedModel })).release()
      expect(scanModel(readFileSync(optimizedModel)).operators.Transpose ?? 0).toBe(left)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
