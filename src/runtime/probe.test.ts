import { describe, expect, it } from 'vitest'
import { tensor } from '../core/tensor.js'
import { Graph } from '../onnx/ir.js'
import { encodeModel } from '../onnx/protobuf/encode.js'
import { relu } from '../ops/relu.js'
import { blockSize } from './cpu-features.js'
import { listDevices } from './devices.js'
import { createSession } from './node.js'
import { blockOf } from './probe.js'
import { profileModel, summarise } from './profile.js'

describe('blockSize', () => {
  it.each([8, 16])('reads blocks of %i off the order', block => {
    const order = Array.from({ length: 128 }, (_, i) => {
      const [chunk, pixel, channel] = [Math.floor(i / (2 * block)), Math.floor(i / block) % 2, i % block]
      return (chunk * block + channel) * 2 + pixel
    })
    expect(blockOf(order)).toBe(block)
  })

  it('gives 0 for an order that is not blocked', () => {
    expect(blockOf(Array.from({ length: 128 }, (_, i) => i))).toBe(0)
    expect(blockOf([0, 4, 2, 1])).toBe(0)
    expect(blockOf([])).toBe(0)
  })

  it('is 0, 4, 8 or 16 here, and measured once', async () => {
    expect([0, 4, 8, 16]).toContain(await blockSize())
    expect(blockSize()).toBe(blockSize())
  })
})

describe('listDevices', () => {
  it('finds the CPU, and gives a reason and a way out for what is missing', async () => {
    const states = await listDevices()
    expect(states.map(state => state.device)).toEqual(['cpu', 'webgpu', 'cuda'])
    expect(states[0]).toEqual({ device: 'cpu', usable: true })
    for (const { device, usable, reason, fix } of states) {
      if (usable) continue
      expect(reason).toBeTruthy()
      expect(fix).toBeTruthy()
      await expect(createSession(new Uint8Array(0), { device })).rejects.toThrow(
        `device ${device}: expected a usable device (here: cpu`,
      )
    }
  })
})

describe('profileModel', () => {
  it('gives a median for every node, under its own name', async () => {
    const graph = new Graph('profile')
    const x = graph.input('x', 'float32', [64])
    graph.output(
      graph.within('layer', () => relu(relu(x))),
      'y',
    )
    const options = { threads: 1, runs: 4, warmup: 1, optimization: 'disabled' } as const
    const profile = await profileModel(encodeModel(graph), { x: tensor('float32', [64]) }, options)
    expect(profile.runs).toBe(4)
    expect(profile.nodes.map(({ name, op }) => [name, op]).sort()).toEqual([
      ['layer/Relu', 'Relu'],
      ['layer/Relu_1', 'Relu'],
    ])
    expect(profile.nodes[0]).toMatchObject({ provider: 'CPUExecutionProvider', outputs: ['float[64]'] })
    expect(profile.nodes.reduce((sum, node) => sum + node.share, 0)).toBeCloseTo(1)
  })

  it('takes medians of the last runs and sorts by cost', () => {
    const event = (name: string, dur: number) => ({ cat: 'Node', name: `${name}_kernel_time`, dur })
    const events = [event('a', 9000), ...[1, 2, 30].map(ms => event('a', ms * 1000)), event('b', 4000)]
    expect(summarise([...events, { cat: 'Session', name: 'x', dur: 1 }], 3)).toMatchObject([
      { name: 'b', medianMs: 4 },
      { name: 'a', medianMs: 2 },
    ])
  })
})
