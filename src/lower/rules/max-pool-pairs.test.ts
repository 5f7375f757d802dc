import { expect, it } from 'vitest'
import type { Value } from '../../onnx/ir.js'
import { conv } from '../../ops/conv.js'
import { maxPool } from '../../ops/max-pool.js'
import { maxPoolGrad } from '../../ops/max-pool-grad.js'
import { blockSize } from '../../runtime/cpu-features.js'
import { lowerToBlocked } from '../blocked.js'
import { distance, graphOf, holdRule, outputsOf } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'
import { convWinograd } from './conv-winograd.js'
import { maxPoolGradPairs, maxPoolPairs } from './max-pool-pairs.js'

type Input = (...shape: number[]) => Value
const pads: [number, number, number, number] = [0, 0, 0, 0]
const window = { kernel_shape: [2, 2] as [number, number], strides: [2, 2] as [number, number] }
const held = { ...window, pads, dilations: [1, 1] as [number, number] }
/** Images that a convolution left in blocked order, and in pixel order; the kernels are zero nowhere, ties are many. */
const blocked = (v: Input, H: number, W: number): Value => conv(v(2, 16, H, W), v(16, 16, 1, 1))
const pixels = (v: Input, H: number, W: number): Value =>
  conv(v(2, 32, H, W), v(64, 32, 3, 3), undefined, { pads: [1, 1, 1, 1] })
/** Pooling and its gradient in one graph: the gradient reads what the pooling left. */
const both = (x: Value, dy: Value): Value[] => {
  const y = maxPool(x, window)
  return [y, maxPoolGrad(x, y, dy, held)]
}

holdRule(maxPoolPairs, {
  with: [convBlocked],
  applies: [
    {
      what: 'a blocked image',
      build: v => maxPool(blocked(v, 6, 4), window),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.MaxPool nchwc.MaxPool nchwc.ReorderOutput',
    },
  ],
  refuses: [
    { what: 'a plain image', build: v => maxPool(v(1, 16, 4, 4), window), reason: 'x is plain' },
    {
      what: 'overlapping windows',
      build: v => maxPool(blocked(v, 5, 5), { kernel_shape: [3, 3], strides: [2, 2] }),
      reason: 'not a 2x2 pooling without overlap',
    },
    { what: 'an odd image', build: v => maxPool(blocked(v, 5, 4), window), reason: 'an odd image' },
  ],
})

holdRule(maxPoolGradPairs, {
  with: [convWinograd, convBlocked, maxPoolPairs],
  tolerance: 1e-4,
  applies: [
    {
      what: 'a blocked image',
      build: v => both(blocked(v, 6, 4), v(2, 16, 3, 2)),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.MaxPool nchwc.MaxPool nchwc.ReorderInput Reshape Reshape nchwc.Conv Reshape Mul Reshape nchwc.Conv Reshape Mul Sub Concat Reshape nchwc.ReorderOutput nchwc.ReorderOutput',
    },
    {
      what: 'a blocked image whose last block is not full',
      build: v => both(conv(v(2, 16, 6, 4), v(24, 16, 1, 1)), v(2, 24, 3, 2)),
      ops: 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.MaxPool nchwc.MaxPool nchwc.ReorderInput Reshape Reshape nchwc.Conv Reshape Mul Reshape nchwc.Conv Reshape Mul Sub Concat Reshape nchwc.ReorderOutput nchwc.ReorderOutput',
    },
    {
      what: 'a blocked image two pixels wide',
      build: v => both(blocked(v, 4, 2), v(2, 16, 2, 1)),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.MaxPool nchwc.MaxPool nchwc.ReorderInput Reshape nchwc.Conv Reshape Mul Sub Concat Reshape nchwc.Conv Reshape Mul Sub Concat Reshape nchwc.ReorderOutput nchwc.ReorderOutput',
    },
    {
      what: 'an image in pixel order',
      build: v => both(pixels(v, 8, 4), v(2, 64, 4, 2)),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape Reshape nchwc.MaxPool Reshape nchwc.MaxPool Reshape Reshape Transpose Reshape Reshape Reshape nchwc.Conv Reshape Mul Reshape Reshape nchwc.Conv Reshape Mul Reshape Reshape Transpose Reshape Reshape Transpose Reshape',
    },
  ],
  refuses: [
    {
      what: 'a pooling that was not taken in pairs',
      build: v => both(v(1, 16, 4, 4), v(1, 16, 2, 2)),
      reason: 'the pooling was not taken in pairs',
    },
  ],
})

holdRule(maxPoolPairs, {
  with: [convWinograd],
  tolerance: 2e-5,
  applies: [
    {
      what: 'an image in pixel order',
      build: v => maxPool(pixels(v, 8, 4), window),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape Reshape nchwc.MaxPool Reshape nchwc.MaxPool Reshape Reshape Transpose Reshape',
    },
  ],
  refuses: [],
})

it('two poolings of one image keep their own gradients', async () => {
  const graph = () =>
    graphOf(v => {
      const x = blocked(v, 6, 4)
      const wide = { kernel_shape: [3, 3] as [number, number], strides: [2, 2] as [number, number] }
      const below: [number, number, number, number] = [0, 0, 1, 1]
      const y = maxPool(x, { ...wide, pads: below })
      return [maxPool(x, window), maxPoolGrad(x, y, v(2, 16, 3, 2), { ...held, ...wide, pads: below })]
    })
  const { graph: after } = lowerToBlocked(graph(), (await blockSize()) || 16)
  expect(distance(await outputsOf(graph()), await outputsOf(after))).toBeLessThan(1e-4)
})
