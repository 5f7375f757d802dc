import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { div } from './div.js'
import { binary } from './kinds/elementwise.js'
import { mul } from './mul.js'
import { round, roundHalfToEven } from './round.js'

/**
 * y = scale · round(x / scale): x as a quantised network sees it. A composite, because its gradient is not that of its
 * parts: dx = dy, straight through the rounding (Bengio et al. 2013, arXiv 1308.3432). The scale has none: it follows
 * from what it covers.
 */
export const FakeQuantize = defineOp({
  ...binary('FakeQuantize', {
    apply: (x, scale) => scale * roundHalfToEven(x / scale),
    vjp: ({ gradients: [dy] }) => [dy, undefined],
  }),
  domain: 'fovea',
  expand: (_, [x, scale]) => [mul(round(div(x, scale)), scale)],
})

/** `scale` is one number or broadcasts to x. */
export const fakeQuantize = (x: Value, scale: Value): Value => x.graph.add(FakeQuantize, [x, scale])
