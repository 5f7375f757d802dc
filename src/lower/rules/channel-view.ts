import { tensor } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { clip } from '../../ops/clip.js'
import { expand } from '../../ops/expand.js'
import { mul } from '../../ops/mul.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { relu } from '../../ops/relu.js'
import { reshape } from '../../ops/reshape.js'
import type { ChannelSlots } from '../channel-slots.js'
import type { Layout, Layouts } from '../layouts.js'
import { type NchwcConvOptions, nchwcConv } from '../ops/nchwc-conv.js'
import type { FusedActivation } from './fused-activation.js'

/** Numbers per channel beside images of one memory order. */
export interface ChannelView {
  /** The image batch in the shape that the others take and give. */
  view(image: Value): Value
  /** x + v, v [C]. */
  shift(x: Value, v: Value): Value
  /** x · slope (+ more), slope [C], `more` viewed. */
  scale(x: Value, slope: Value, more?: Value): Value
  /** x · slope + v, both [C], and an activation of it. */
  affine(x: Value, slope: Value, v: Value, activation?: FusedActivation): Value
  /** Sum over images and pixels, [C]. In two stages: reducing outer and inner axes at once is several times slower. */
  sum(viewed: Value): Value
  /** Sum of x · y over images and pixels, [C]. */
  dot(x: Value, y: Value): Value
}

/** undefined: no form for this order. */
export function channelView(x: Value, layout: Layout | 'any', layouts: Layouts): ChannelView | undefined {
  const sizes = x.shape as [number, number, number, number]
  if (layout === 'pixels') return pixelView(sizes)
  return layout === 'blocked' || layout === 'gapped' ? blockedView(sizes, layouts.slots(x), layouts.block) : undefined
}

function pixelView([N, C, H, W]: [number, number, number, number]): ChannelView {
  // Repeated over the images: the runtime then multiplies rows of N·C numbers instead of C at a time.
  const row = (v: Value): Value => reshape(expand(reshape(v, [1, C]), [N, C]), [N * C])
  const sum = (viewed: Value): Value =>
    reshape(reduceSum(reshape(reduceSum(viewed, [0], false), [N, C]), [0], false), [C])
  return {
    view: image => reshape(image, [H * W, N * C]),
    shift: (x, v) => add(x, row(v)),
    scale: (x, slope, more) => (more ? add(mul(x, row(slope)), more) : mul(x, row(slope))),
    affine(x, slope, v, fused) {
      const y = add(mul(x, row(slope)), row(v))
      if (fused?.activation === 'Relu') return relu(y)
      return fused ? clip(y, ...fused.activation_params!) : y
    },
    sum,
    dot: (x, y) => sum(mul(x, y)),
  }
}

/** Depthwise 1x1 convolutions: one pass each, where broadcasting `block` numbers at a time is slow and one for each term. */
function blockedView(
  [N, , H, W]: [number, number, number, number],
  { full: C, spread, gather }: ChannelSlots,
  block: number,
): ChannelView {
  /** For all channels of the image, those between too. */
  const every = (like: Value, value: number): Value =>
    like.graph.constant(tensor('float32', [C], new Float32Array(C).fill(value)))
  const convolved = (
    x: Value,
    slope: Value,
    v: Value,
    more: Pick<NchwcConvOptions, 'sum' | 'activation' | 'activation_params'> = {},
  ): Value => nchwcConv(x, reshape(slope, [C, 1, 1, 1]), { group: C, bias: v, ...more })
  return {
    view: image => image,
    shift: (x, v) => convolved(x, every(x, 1), spread(v, 0)),
    scale: (x, slope, more) => convolved(x, spread(slope, 0), every(x, 0), { sum: more }),
    affine: (x, slope, v, fused) => convolved(x, spread(slope, 0), spread(v, 0), fused),
    sum: image => {
      const perImage = H * W === 1 ? image : reduceSum(reshape(image, [N, C / block, H * W, block]), [2], false)
      return gather(reduceSum(reshape(perImage, [N, C]), [0], false), 0)
    },
    // A blocked image is in memory what a depthwise kernel of its size is: one pass that writes a number per map.
    dot(x, y) {
      const products = nchwcConv(reshape(x, [1, N * C, H, W]), reshape(y, [N * C, 1, H, W]), { group: N * C })
      return gather(reduceSum(reshape(products, [N, C]), [0], false), 0)
    },
  }
}
