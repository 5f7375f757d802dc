import type { Value } from '../../onnx/ir.js'
import { concat } from '../../ops/concat.js'
import { ConvGradWeight } from '../../ops/conv-grad-weight.js'
import { heldFacts } from '../../ops/kinds/convolution.js'
import { matMul } from '../../ops/mat-mul.js'
import { pad } from '../../ops/pad.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { reshape } from '../../ops/reshape.js'
import { slice } from '../../ops/slice.js'
import { transpose } from '../../ops/transpose.js'
import type { LayoutRule } from '../rule.js'

/** Above so many taps the columns cost more than they save. */
const MOST_TAPS = 64

/**
 * Weight gradient of a first layer (few channels, plain image): the image shifted to each of the kh·kw taps makes the
 * columns, then dw = Σ dy · columnsᵀ over images.
 */
export const convGradWeightColumns: LayoutRule = {
  name: 'conv-grad-weight-columns',
  ops: [ConvGradWeight],
  apply(node, { layouts }) {
    const [x, dy] = node.inputs as [Value, Value]
    const { group, strides, dilations, pads, kernel_shape } = heldFacts(node.attributes)
    const [N, C] = x.shape as [number, number]
    const [, K, Ho, Wo] = dy.shape as [number, number, number, number]
    const [kh, kw] = kernel_shape as [number, number]
    const taps = C * kh * kw
    if (group !== 1) return 'grouped convolution'
    if (C >= layouts.block) return 'a full block of channels'
    if (taps > MOST_TAPS) return `${taps} taps are more than ${MOST_TAPS}`
    const [top, left, bottom, right] = pads as [number, number, number, number]
    const padded = pad(layouts.get(x, 'plain'), [0, 0, top, left, 0, 0, bottom, right])
    const shifted = Array.from({ length: kh * kw }, (_, tap) => {
      const starts = [Math.floor(tap / kw) * dilations[0]!, (tap % kw) * dilations[1]!]
      const ends = [Ho, Wo].map((count, axis) => starts[axis]! + (count - 1) * strides[axis]! + 1)
      return slice(padded, { starts, ends, axes: [2, 3], steps: strides })
    })
    const columns = reshape(concat(shifted as [Value, ...Value[]], 1), [N, taps, Ho * Wo])
    const product = matMul(reshape(layouts.get(dy, 'plain'), [N, K, Ho * Wo]), transpose(columns, [0, 2, 1]))
    const summed = reduceSum(reshape(product, [N, K * taps]), [0], false)
    layouts.set(node.outputs[0]!, 'plain', transpose(reshape(summed, [K, kh, kw, C]), [0, 3, 1, 2]))
    return undefined
  },
}
