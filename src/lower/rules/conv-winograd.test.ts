import { expect, it } from 'vitest'
import { Graph } from '../../onnx/ir.js'
import { conv } from '../../ops/conv.js'
import { convGradInput } from '../../ops/conv-grad-input.js'
import { convGradWeight } from '../../ops/conv-grad-weight.js'
import { lowerToBlocked } from '../blocked.js'
import { holdRule, type RuleCases } from '../testing/rule-laws.js'
import { tilesFor } from '../winograd.js'
import { convGradInputWinograd, convGradWeightWinograd, convWinograd } from './conv-winograd.js'

const pads = [1, 1, 1, 1] as [number, number, number, number]
const facts = {
  kernel_shape: [3, 3] as [number, number],
  strides: [1, 1] as [number, number],
  dilations: [1, 1] as [number, number],
  pads,
  group: 1,
}
/** Winograd's transforms cost digits. */
const tolerance = 2e-5

const forward: RuleCases['refuses'] = [
  { what: 'another kernel', build: v => conv(v(1, 64, 4, 4), v(64, 64, 1, 1)), reason: 'not a 3x3 kernel' },
  {
    what: 'groups',
    build: v => conv(v(1, 64, 4, 4), v(64, 32, 3, 3), undefined, { pads, group: 2 }),
    reason: 'grouped convolution',
  },
  {
    what: 'strides',
    build: v => conv(v(1, 64, 4, 4), v(64, 64, 3, 3), undefined, { pads, strides: [2, 2] }),
    reason: 'stride or dilation above 1',
  },
  { what: 'no padding', build: v => conv(v(1, 64, 6, 6), v(64, 64, 3, 3)), reason: 'padding other than 1' },
  {
    what: 'few channels',
    build: v => conv(v(1, 32, 4, 4), v(32, 32, 3, 3), undefined, { pads }),
    reason: '32 to 32 channels are too few',
  },
  {
    what: 'few channels for a large image',
    build: v => conv(v(1, 64, 32, 32), v(64, 64, 3, 3), undefined, { pads }),
    reason: '64 to 64 channels are too few',
  },
  {
    what: 'an image without tiles',
    build: v => conv(v(1, 64, 7, 8), v(64, 64, 3, 3), undefined, { pads }),
    reason: 'an image of 7 x 8 has no even tiling',
  },
]

holdRule(convWinograd, {
  tolerance,
  applies: [
    {
      what: 'tiles of eight and four',
      build: v => conv(v(2, 32, 8, 4), v(64, 32, 3, 3), undefined, { pads }),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape',
    },
    {
      what: 'tiles of four',
      build: v => conv(v(2, 32, 4, 4), v(64, 32, 3, 3), undefined, { pads }),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape',
    },
    {
      what: 'tiles of three and two, a bias',
      build: v => conv(v(2, 64, 9, 2), v(32, 64, 3, 3), v(32), { pads }),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape Reshape Expand Reshape Reshape Add Reshape Reshape Transpose Reshape',
    },
    {
      what: 'tiles of six and five',
      build: v => conv(v(2, 64, 12, 5), v(64, 64, 3, 3), undefined, { pads }),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape',
    },
  ],
  refuses: forward,
})

holdRule(convGradInputWinograd, {
  tolerance,
  applies: [
    {
      what: 'tiles of eight and three',
      build: v => convGradInput(v(2, 64, 8, 3), v(64, 32, 3, 3), { ...facts, input_shape: [8, 3] }),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape',
    },
    {
      what: 'tiles of six and five',
      build: v => convGradInput(v(2, 64, 6, 10), v(64, 64, 3, 3), { ...facts, input_shape: [6, 10] }),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape',
    },
  ],
  refuses: [
    {
      what: 'strides',
      build: v => convGradInput(v(1, 64, 4, 4), v(64, 64, 3, 3), { ...facts, strides: [2, 2], input_shape: [8, 8] }),
      reason: 'stride or dilation above 1',
    },
    {
      what: 'few channels',
      build: v => convGradInput(v(1, 16, 4, 4), v(16, 128, 3, 3), { ...facts, input_shape: [4, 4] }),
      reason: '128 to 16 channels are too few',
    },
  ],
})

holdRule(convGradWeightWinograd, {
  with: [convWinograd, convGradInputWinograd],
  tolerance,
  applies: [
    {
      what: 'tiles of eight and three',
      build: v => convGradWeight(v(2, 32, 8, 3), v(2, 64, 8, 3), facts),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Transpose MatMul Reshape MatMul Transpose Reshape Transpose Reshape',
    },
    {
      what: 'tiles of six and five',
      build: v => convGradWeight(v(2, 64, 6, 5), v(2, 64, 6, 5), facts),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Transpose MatMul Reshape MatMul Transpose Reshape',
    },
    {
      what: 'a convolution and both its gradients, each transform made once',
      build: v => {
        const [x, w, dy] = [v(2, 32, 8, 4), v(64, 32, 3, 3), v(2, 64, 8, 4)]
        const gradients = [convGradInput(dy, w, { ...facts, input_shape: [8, 4] }), convGradWeight(x, dy, facts)]
        return [conv(x, w, undefined, { pads }), ...gradients]
      },
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Transpose MatMul Reshape MatMul Transpose Reshape Transpose Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape Reshape Transpose Reshape',
    },
  ],
  refuses: [
    {
      what: 'another kernel',
      build: v =>
        convGradWeight(v(1, 64, 4, 4), v(1, 64, 4, 4), { ...facts, kernel_shape: [1, 1], pads: [0, 0, 0, 0] }),
      reason: 'not a 3x3 kernel',
    },
    {
      what: 'an image without tiles',
      build: v => convGradWeight(v(1, 64, 7, 7), v(1, 64, 7, 7), facts),
      reason: 'an image of 7 x 7 has no even tiling',
    },
  ],
})

it.each([
  [24, 24, [6, 6]],
  [16, 16, [8, 4]],
  [8, 3, [8, 3]],
  [4, 40, [4, 8]],
  [10, 10, [5, 5]],
  [7, 8, undefined],
])('an image of %i x %i has the tiles of least work that round little enough', (H, W, tiles) => {
  expect(tilesFor(H, W)).toEqual(tiles)
})

it('a batch whose size is not known yet is left alone', () => {
  const graph = new Graph('named batch')
  const x = graph.input('x', 'float32', ['N', 64, 8, 8])
  graph.output(conv(x, graph.input('w', 'float32', [64, 64, 3, 3]), undefined, { pads }))
  expect(() => lowerToBlocked(graph, 16)).not.toThrow()
})
