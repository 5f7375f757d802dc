import { sizeOf } from '../../core/shape.js'
import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { BatchNormalizationTraining } from '../../ops/batch-normalization-training.js'
import { BatchNormalizationTrainingGrad } from '../../ops/batch-normalization-training-grad.js'
import { mul, scale } from '../../ops/mul.js'
import { reciprocal } from '../../ops/reciprocal.js'
import { reshape } from '../../ops/reshape.js'
import { sqrt } from '../../ops/sqrt.js'
import type { Layout } from '../layouts.js'
import type { LayoutRule } from '../rule.js'
import { channelView } from './channel-view.js'
import { soleActivation } from './fused-activation.js'

/** x - mean, which the gradient reads again. */
const centredName = (x: Value): string => `${x.name}: centred`

const cells = ({ shape }: Value): number => sizeOf(shape as number[]) / (shape[1] as number)

/** 1 / √(variance + ε), [C]. */
const inverseDeviation = (variance: Value, epsilon: number): Value =>
  reciprocal(sqrt(add(variance, variance.graph.float(epsilon))))

/** Batch normalisation in the order x has, and the activation after it: two sums, and three passes for y. */
export const batchNormalizationChannels: LayoutRule = {
  name: 'batch-normalization-channels',
  ops: [BatchNormalizationTraining],
  apply(node, context) {
    const { layouts, shared } = context
    const [x, weight, b] = node.inputs as [Value, Value, Value]
    const layout = layouts.native(x) as Layout
    const channels = channelView(x, layout, layouts)
    if (!channels) return 'x is plain'
    const [y, mean, variance] = node.outputs as [Value, Value, Value]
    const viewed = channels.view(layouts.get(x, layout))
    const m = scale(channels.sum(viewed), 1 / cells(x))
    const centred = channels.shift(viewed, scale(m, -1))
    const v = scale(channels.dot(centred, centred), 1 / cells(x))
    const slope = mul(layouts.get(weight, 'plain'), inverseDeviation(v, node.attributes.epsilon as number))
    const activated = soleActivation(node, context)
    const image = channels.affine(centred, slope, layouts.get(b, 'plain'), activated?.fused)
    shared.set(centredName(x), centred)
    layouts.setLike(activated?.node.outputs[0] ?? y, x, layout, reshape(image, layouts.shapeIn(x, layout)))
    if (activated) context.consume(activated.node)
    layouts.set(mean, 'plain', m)
    layouts.set(variance, 'plain', v)
    return undefined
  },
}

/**
 * With c = x - mean, r = 1/√(variance + ε) and n numbers per channel: db = Σ dy, dscale = r Σ dy c,
 * dx = scale r (dy - db / n - c r² Σ dy c / n).
 */
export const batchNormalizationGradChannels: LayoutRule = {
  name: 'batch-normalization-grad-channels',
  ops: [BatchNormalizationTrainingGrad],
  apply(node, { layouts, shared }) {
    const [x, weight, , variance, dy] = node.inputs as [Value, Value, Value, Value, Value]
    const centred = shared.get(centredName(x))
    if (!centred) return 'the normalisation was not lowered'
    const layout = layouts.native(x) as Layout
    const channels = channelView(x, layout, layouts)!
    const [dx, dscale, db] = node.outputs as [Value, Value, Value]
    const r = inverseDeviation(layouts.get(variance, 'plain'), node.attributes.epsilon as number)
    const flow = channels.view(layouts.like(dy, x, layout))
    const sum = channels.sum(flow)
    const product = channels.dot(flow, centred)
    const slope = mul(layouts.get(weight, 'plain'), r)
    const share = scale(slope, -1 / cells(x))
    const along = channels.affine(centred, mul(mul(share, mul(r, r)), product), mul(share, sum))
    const image = channels.scale(flow, slope, along)
    layouts.setLike(dx, x, layout, reshape(image, layouts.shapeIn(x, layout)))
    layouts.set(dscale, 'plain', mul(product, r))
    layouts.set(db, 'plain', sum)
    return undefined
  },
}
