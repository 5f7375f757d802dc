import { beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { type Tensor, tensor } from '../../core/tensor.js'
import { Graph, type Value } from '../../onnx/ir.js'
import { encodeModel } from '../../onnx/protobuf/index.js'
import { verifyGraph } from '../../onnx/verify.js'
import { conv } from '../../ops/conv.js'
import { blockSize } from '../../runtime/cpu-features.js'
import { createSession } from '../../runtime/node.js'
import { lowerToBlocked } from '../blocked.js'
import { expandComposites } from '../expand-composites.js'
import type { LayoutRule } from '../rule.js'

/** A small graph: `value` makes a float32 input of a shape; what is returned becomes the outputs. */
export type Build = (value: (...shape: number[]) => Value) => Value | readonly Value[]

export function graphOf(build: Build): Graph {
  const graph = new Graph('rule')
  let count = 0
  const made = build((...shape) => graph.input(`x${count++}`, 'float32', shape))
  for (const value of 'graph' in made ? [made] : made) graph.output(value)
  return graph
}

/** A 3x3 convolution with padding 1, as its gradients hold it. */
export const threeByThree = {
  kernel_shape: [3, 3] as [number, number],
  strides: [1, 1] as [number, number],
  dilations: [1, 1] as [number, number],
  pads: [1, 1, 1, 1] as [number, number, number, number],
  group: 1,
}

/** An image that a convolution left in blocked order. */
export const blockedImage = (
  value: (...shape: number[]) => Value,
  ...[N, C, H, W]: [number, number, number, number]
): Value => conv(value(N, 16, H, W), value(C, 16, 1, 1))

/** Multiples of 1/4 between -2 and 2, so that ties inside windows and zeros are met. */
export function feedsOf(graph: Graph): Record<string, Tensor> {
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype, shape }) => {
      const stream = randomStream(31, name)
      const size = sizeOf(shape as number[])
      if (dtype === 'uint8') {
        const bytes = new Uint8Array(size)
        stream.fillBytes(bytes)
        return [name, tensor('uint8', shape as number[], bytes)]
      }
      const data = Float32Array.from({ length: size }, () => (stream.integer(17) - 8) / 4)
      return [name, tensor('float32', shape as number[], data)]
    }),
  )
}

/** Outputs of a graph on ONNX Runtime, its own optimizer off. */
export async function outputsOf(graph: Graph): Promise<Float32Array[]> {
  const portable = expandComposites(verifyGraph(graph))
  const session = await createSession(encodeModel(portable), { optimization: 'disabled', threads: 1 })
  const result = await session.run(feedsOf(graph))
  await session.release()
  return session.outputs.map(({ name }) => result[name]!.data as Float32Array)
}

/** The operators of a graph in order, vendor domains as a prefix. */
export const opsOf = (graph: Graph): string =>
  graph.nodes
    .map(({ op }) =>
      op.domain === '' || op.domain === 'fovea' ? op.name : `${op.domain.split('.').at(-1)}.${op.name}`,
    )
    .join(' ')

/** The largest difference between outputs, in parts of the largest number. */
export function distance(before: readonly Float32Array[], after: readonly Float32Array[]): number {
  if (before.map(data => data.length).join() !== after.map(data => data.length).join()) return Number.POSITIVE_INFINITY
  let worst = 0
  before.forEach((data, i) => {
    let [difference, largest] = [0, 1e-12]
    data.forEach((value, at) => {
      difference = Math.max(difference, Math.abs(value - after[i]![at]!))
      largest = Math.max(largest, Math.abs(value))
    })
    worst = Math.max(worst, difference / largest)
  })
  return worst
}

const TOLERANCE = 2e-6
/** What a rule does needs no CPU: the structure is shown for AVX-512's blocks, the numbers for this machine's. */
const STRUCTURE_BLOCK = 16

export interface RuleCases {
  /** Rules that bring values into the order that this one wants. */
  with?: readonly LayoutRule[]
  tolerance?: number
  applies: readonly { what: string; build: Build; ops: string }[]
  refuses: readonly { what: string; build: Build; reason: string }[]
}

/** The three tests of every rule: op list after, numbers before = after, and refusals with their reason. */
export function holdRule(
  rule: LayoutRule,
  { with: others = [], tolerance = TOLERANCE, applies, refuses }: RuleCases,
): void {
  describe(rule.name, () => {
    let block = 0
    beforeAll(async () => {
      block = await blockSize()
    })
    const rules = [...others, rule]
    const lowered = (build: Build, size = STRUCTURE_BLOCK) => lowerToBlocked(graphOf(build), size, rules)
    const reasons = (build: Build): string[] =>
      lowered(build)
        .refused.filter(refused => refused.rule === rule.name)
        .map(({ reason }) => reason)

    it.each(applies.map(c => [c.what, c] as const))('applies to %s', (_, { build, ops }) => {
      expect(reasons(build)).toEqual([])
      expect(opsOf(verifyGraph(lowered(build).graph))).toBe(ops)
    })

    it.each(applies.map(c => [c.what, c] as const))('keeps the numbers of %s', async (_, { build }) => {
      if (block === 0) return console.log(`skipped, ${rule.name}: this CPU has no blocked convolutions`)
      const [before, after] = [await outputsOf(graphOf(build)), await outputsOf(lowered(build, block).graph)]
      expect(distance(before, after)).toBeLessThan(tolerance)
      // Planted error: one number off by a thousandth of the largest must not pass.
      const largest = after[0]!.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
      after[0]![0]! += largest / 1000
      expect(distance(before, after)).toBeGreaterThan(tolerance)
    })

    it.each(refuses.map(c => [c.what, c] as const))('refuses %s', (_, { build, reason }) => {
      expect(reasons(build)).toEqual([reason])
    })
  })
}
