import { tensor } from '../../core/tensor.js'
import type { Graph, Value } from '../../onnx/ir.js'
import { ConvGradWeight } from '../../ops/conv-grad-weight.js'
import { heldFacts } from '../../ops/kinds/convolution.js'
import { matMul } from '../../ops/mat-mul.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { reshape } from '../../ops/reshape.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import { reorderOutput } from '../ops/reorder-output.js'
import type { LayoutRule } from '../rule.js'

/** Above so many taps the columns cost more than they save. */
const MOST_TAPS = 64

/**
 * Weight gradient of a first layer (few channels, plain image): a convolution with one-hot kernels lays the C·kh·kw
 * taps of every pixel side by side, then dw = Σ dy · columns over images.
 */
export const convGradWeightColumns: LayoutRule = {
  name: 'conv-grad-weight-columns',
  ops: [ConvGradWeight],
  apply(node, { layouts, target }) {
    const [x, dy] = node.inputs as [Value, Value]
    const { group, ...window } = heldFacts(node.attributes)
    const [N, C] = x.shape as [number, number]
    const [, K, Ho, Wo] = dy.shape as [number, number, number, number]
    const [kh, kw] = window.kernel_shape
    const taps = C * kh * kw
    if (group !== 1) return 'grouped convolution'
    if (C >= layouts.block) return 'a full block of channels'
    if (taps > MOST_TAPS) return `${taps} taps are more than ${MOST_TAPS}`
    const columns = nchwcConv(layouts.get(x, 'plain'), oneHot(target, C, kh, kw, layouts.block), { ...window })
    // Taps innermost: the product then needs no transposed operand.
    const rows = reshape(reorderOutput(columns, taps, true), [N, Ho * Wo, taps])
    const product = matMul(reshape(layouts.get(dy, 'plain'), [N, K, Ho * Wo]), rows)
    const summed = reduceSum(reshape(product, [N, K * taps]), [0], false)
    layouts.set(node.outputs[0]!, 'plain', reshape(summed, [K, C, kh, kw]))
    return undefined
  },
}

/** One kernel per tap (c, i, j), padded with zero kernels to full blocks, in the order of a plain image's kernel. */
function oneHot(target: Graph, C: number, kh: number, kw: number, block: number): Value {
  const taps = C * kh * kw
  const padded = Math.ceil(taps / block) * block
  const data = new Float32Array(padded * taps)
  for (let tap = 0; tap < taps; tap++) data[(Math.floor(tap / block) * taps + tap) * block + (tap % block)] = 1
  return target.constant(tensor('float32', [padded, C, kh, kw], data))
}
