import { tensor } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { expand } from '../../ops/expand.js'
import { mul } from '../../ops/mul.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { relu } from '../../ops/relu.js'
import { reshape } from '../../ops/reshape.js'
import { crop } from '../../ops/slice.js'
import { blockedChannels, type Layout } from '../layouts.js'
import { type NchwcConvOptions, nchwcConv } from '../ops/nchwc-conv.js'
import { filledVector } from './kernel-blocks.js'

/** Numbers per channel beside images of one memory order. */
export interface ChannelView {
  /** The image batch in the shape that the others take and give. */
  view(image: Value): Value
  /** x + v, v [C]. */
  shift(x: Value, v: Value): Value
  /** x · slope (+ more), slope [C], `more` viewed. */
  scale(x: Value, slope: Value, more?: Value): Value
  /** x · slope + v, both [C]; no less than 0 with `relu`. */
  affine(x: Value, slope: Value, v: Value, relu?: boolean): Value
  /** Sum over images and pixels, [C]. In two stages: reducing outer and inner axes at once is several times slower. */
  sum(viewed: Value): Value
}

/** undefined: no form for this order. */
export function channelView({ shape }: Value, layout: Layout | 'any', block: number): ChannelView | undefined {
  const sizes = shape as [number, number, number, number]
  if (layout === 'pixels') return pixelView(sizes)
  return layout === 'blocked' ? blockedView(sizes, block) : undefined
}

function pixelView([N, C, H, W]: [number, number, number, number]): ChannelView {
  // Repeated over the images: the runtime then multiplies rows of N·C numbers instead of C at a time.
  const row = (v: Value): Value => reshape(expand(reshape(v, [1, C]), [N, C]), [N * C])
  return {
    view: image => reshape(image, [H * W, N * C]),
    shift: (x, v) => add(x, row(v)),
    scale: (x, slope, more) => (more ? add(mul(x, row(slope)), more) : mul(x, row(slope))),
    affine(x, slope, v, clipped = false) {
      const y = add(mul(x, row(slope)), row(v))
      return clipped ? relu(y) : y
    },
    sum: viewed => reshape(reduceSum(reshape(reduceSum(viewed, [0], false), [N, C]), [0], false), [C]),
  }
}

/** Depthwise 1x1 convolutions: one pass each, where broadcasting `block` numbers at a time is slow and one for each term. */
function blockedView([N, channels, H, W]: [number, number, number, number], block: number): ChannelView {
  const C = blockedChannels(channels, block)!
  const filled = (like: Value, value: number): Value =>
    like.graph.constant(tensor('float32', [C], new Float32Array(C).fill(value)))
  const convolved = (
    x: Value,
    slope: Value,
    v: Value,
    more: Pick<NchwcConvOptions, 'sum' | 'activation'> = {},
  ): Value => {
    const kernel = reshape(filledVector(slope, block), [C, 1, 1, 1])
    return nchwcConv(x, kernel, { group: C, bias: filledVector(v, block), ...more })
  }
  return {
    view: image => image,
    shift: (x, v) => convolved(x, filled(x, 1), v),
    scale: (x, slope, more) => convolved(x, slope, filled(x, 0), { sum: more }),
    affine: (x, slope, v, relu) => convolved(x, slope, v, { activation: relu ? 'Relu' : undefined }),
    sum: image => {
      const blocks = reshape(image, [N, C / block, H * W, block])
      return crop(reshape(reduceSum(reduceSum(blocks, [2], false), [0], false), [C]), [0, C - channels])
    },
  }
}
