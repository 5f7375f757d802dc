import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { conv } from '../../ops/conv.js'
import { div } from '../../ops/div.js'
import { elu } from '../../ops/elu.js'
import { operators } from '../../ops/index.js'
import { KeepMask, keepMask } from '../../ops/keep-mask.js'
import { mul, scale } from '../../ops/mul.js'
import { relu } from '../../ops/relu.js'
import { holdRule } from '../testing/rule-laws.js'
import { convBlocked } from './conv-blocked.js'
import { convWinograd } from './conv-winograd.js'
import { anyOrder, pointwise } from './pointwise.js'

type Input = (...shape: number[]) => Value
const blocked = (v: Input): Value => conv(v(2, 16, 4, 6), v(16, 16, 1, 1))
const pixels = (v: Input): Value => conv(v(2, 32, 4, 4), v(64, 32, 3, 3), undefined, { pads: [1, 1, 1, 1] })

holdRule(pointwise(operators), {
  with: [convWinograd, convBlocked],
  tolerance: 2e-5,
  applies: [
    {
      what: 'a blocked image',
      build: v => elu(scale(blocked(v), 0.5)),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv Mul Elu nchwc.ReorderOutput',
    },
    {
      what: 'a blocked and a plain image',
      build: v => add(v(2, 16, 4, 6), blocked(v)),
      ops: 'nchwc.ReorderInput Reshape nchwc.ReorderInput Reshape nchwc.Conv nchwc.ReorderInput Add nchwc.ReorderOutput',
    },
    {
      what: 'images in pixel order',
      build: v => relu(mul(pixels(v), v(2, 64, 4, 4))),
      ops: 'Reshape Transpose Reshape Reshape MatMul Reshape MatMul Reshape Reshape Transpose MatMul Reshape Transpose MatMul Reshape MatMul Reshape MatMul Reshape Reshape Transpose Reshape Mul Relu Reshape Transpose Reshape',
    },
  ],
  refuses: [
    {
      what: 'a quotient of zeros in a block that is not full',
      build: v => div(conv(v(2, 16, 4, 6), v(24, 16, 1, 1)), v(2, 24, 4, 6)),
      reason: 'zeros in added channels',
    },
    { what: 'a number per channel', build: v => add(blocked(v), v(1, 16, 1, 1)), reason: 'operands of other shapes' },
    { what: 'scalars alone', build: v => add(v(1), v()), reason: 'no operand of full size' },
  ],
})

/** One mask for two readers of different orders: the second must get the first's mask, reordered. */
const mask = (v: Input, channels = 16): Value => {
  const x = v(2, channels, 4, 6)
  return keepMask(x.graph.input('bytes', 'uint8', x.shape), 100)
}
holdRule(anyOrder(KeepMask), {
  with: [convBlocked, pointwise(operators.filter(op => op !== KeepMask))],
  applies: [
    { what: 'a mask of plain images', build: v => mul(v(2, 16, 4, 6), mask(v)), ops: 'KeepMask Mul' },
    {
      what: 'a mask of blocked images whose last block is not full',
      build: v => mul(conv(v(2, 16, 4, 6), v(24, 16, 1, 1)), mask(v, 24)),
      ops: 'nchwc.ReorderInput Pad Reshape nchwc.ReorderInput Reshape nchwc.Conv KeepMask nchwc.ReorderInput Mul nchwc.ReorderOutput',
    },
  ],
  refuses: [],
})
