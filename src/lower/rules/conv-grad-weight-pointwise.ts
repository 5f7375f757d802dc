import type { Value } from '../../onnx/ir.js'
import { ConvGradWeight } from '../../ops/conv-grad-weight.js'
import { heldFacts } from '../../ops/kinds/convolution.js'
import { matMul } from '../../ops/mat-mul.js'
import { reshape } from '../../ops/reshape.js'
import { swapLast } from '../../ops/transpose.js'
import { nchwcMaxPool } from '../ops/nchwc-pool.js'
import { reorderOutput } from '../ops/reorder-output.js'
import type { LayoutRule } from '../rule.js'

/**
 * Weight gradient of a 1x1 convolution with many channels and few pixels: dw = Σ dy · x' over the pixels of all images,
 * one matrix product. A gradient of each image, to be summed, would be more numbers than the images themselves. With
 * strides always: the pixels that count are then first picked from the blocked image, by a pooling of one pixel.
 */
export const convGradWeightPointwise: LayoutRule = {
  name: 'conv-grad-weight-pointwise',
  ops: [ConvGradWeight],
  apply(node, { layouts }) {
    const [x, dy] = node.inputs as [Value, Value]
    const { group, kernel_shape, strides, pads } = heldFacts(node.attributes)
    const C = x.shape[1] as number
    const [N, K, H, W] = dy.shape as [number, number, number, number]
    if (group !== 1) return 'grouped convolution'
    if (kernel_shape.some(size => size !== 1) || pads.some(size => size !== 0)) return 'not 1x1'
    const strided = strides.some(size => size !== 1)
    if (strided ? !layouts.has(x, 'blocked') : layouts.native(x) === 'plain') return 'x is plain'
    if (!strided && K * C <= H * W * (K + C)) return 'gradients of single images are fewer numbers than the images'
    const picked = strided
      ? reorderOutput(nchwcMaxPool(layouts.get(x, 'blocked'), { kernel_shape, strides }), C, true)
      : layouts.get(x, 'rows')
    const matrix = (rows: Value, channels: number): Value => reshape(rows, [N * H * W, channels])
    const dw = matMul(swapLast(matrix(layouts.get(dy, 'rows'), K)), matrix(picked, C))
    layouts.set(node.outputs[0]!, 'plain', reshape(dw, [K, C, 1, 1]))
    return undefined
  },
}
