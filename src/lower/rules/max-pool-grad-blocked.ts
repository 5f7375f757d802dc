import { float32 } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { concat } from '../../ops/concat.js'
import { heldWindow } from '../../ops/kinds/window.js'
import { MaxPoolGrad } from '../../ops/max-pool-grad.js'
import { mul, scale } from '../../ops/mul.js'
import { positive } from '../../ops/positive.js'
import { reshape } from '../../ops/reshape.js'
import { sub } from '../../ops/sub.js'
import { nchwcAveragePool } from '../ops/nchwc-pool.js'
import { stepAtZero } from '../ops/step-at-zero.js'
import type { LayoutRule } from '../rule.js'

/**
 * Gradient of a 2x2 max pooling of blocked images, in row pairs [N·C/b·H/2, 2, W·b].
 * m = [x = max] · (8, 4, 2, 1 by position), s = Σ m over the window; the first maximum is where 2 m > s.
 */
export const maxPoolGradBlocked: LayoutRule = {
  name: 'max-pool-grad-blocked',
  ops: [MaxPoolGrad],
  apply(node, { layouts, target }) {
    const [x, y, dy] = node.inputs as [Value, Value, Value]
    const { kernel_shape, strides, pads } = heldWindow(node.attributes)
    const [N, C, H, W] = x.shape as [number, number, number, number]
    if (layouts.native(x) !== 'blocked') return 'x is not blocked'
    if ([...kernel_shape, ...strides].some(n => n !== 2) || pads.some(n => n !== 0))
      return 'not a 2x2 pooling without overlap'
    if (H % 2 || W % 2) return 'an odd image'
    const b = layouts.block
    const pairs = (N * C * H) / b / 2
    const doubled = (v: Value): Value => {
      const cells = reshape(v, [pairs, 1, W / 2, b])
      return reshape(concat([cells, cells], 3), [pairs, 1, W * b])
    }
    const whole = reshape(layouts.get(x, 'blocked'), [pairs, 2, W * b])
    const largest = stepAtZero(sub(whole, doubled(layouts.get(y, 'blocked'))))
    const marks = mul(largest, target.constant(float32(positionMarks(W, b), [1, 2, W * b])))
    const window = { kernel_shape: [2, 2], strides: [2, 2] }
    const sums = scale(nchwcAveragePool(reshape(marks, [N, C, H, W]), { ...window, count_include_pad: 0 }), 4)
    const first = positive(sub(add(marks, marks), doubled(sums)))
    const dx = mul(first, doubled(layouts.get(dy, 'blocked')))
    layouts.set(node.outputs[0]!, 'blocked', reshape(dx, [N, C, H, W]))
    return undefined
  },
}

/** 8, 4 over the upper row's columns, 2, 1 over the lower's, each for a whole block of channels. */
function positionMarks(W: number, b: number): number[] {
  return [0, 1].flatMap(row =>
    Array.from({ length: W }, (_, column) => 8 >> (row * 2 + (column % 2))).flatMap(mark =>
      new Array<number>(b).fill(mark),
    ),
  )
}
