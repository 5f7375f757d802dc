import type { Value } from '../../onnx/ir.js'
import { ConvGradWeight } from '../../ops/conv-grad-weight.js'
import { heldFacts } from '../../ops/kinds/convolution.js'
import { matMul } from '../../ops/mat-mul.js'
import { reshape } from '../../ops/reshape.js'
import { swapLast } from '../../ops/transpose.js'
import type { LayoutRule } from '../rule.js'

/**
 * Weight gradient of a 1x1 convolution with many channels and few pixels: dw = Σ dy · x' over the pixels of all images,
 * one matrix product. A gradient of each image, to be summed, would be more numbers than the images themselves.
 */
export const convGradWeightPointwise: LayoutRule = {
  name: 'conv-grad-weight-pointwise',
  ops: [ConvGradWeight],
  apply(node, { layouts }) {
    const [x, dy] = node.inputs as [Value, Value]
    const { group, kernel_shape, strides, pads } = heldFacts(node.attributes)
    const [N, C, H, W] = x.shape as [number, number, number, number]
    const K = dy.shape[1] as number
    if (group !== 1) return 'grouped convolution'
    if ([...kernel_shape, ...strides].some(size => size !== 1) || pads.some(size => size !== 0)) return 'not 1x1'
    if (layouts.native(x) === 'plain') return 'x is plain'
    if (K * C <= H * W * (K + C)) return 'gradients of single images are fewer numbers than the images'
    const matrix = (image: Value, channels: number): Value => reshape(layouts.get(image, 'rows'), [N * H * W, channels])
    layouts.set(node.outputs[0]!, 'plain', reshape(matMul(swapLast(matrix(dy, K)), matrix(x, C)), [K, C, 1, 1]))
    return undefined
  },
}
