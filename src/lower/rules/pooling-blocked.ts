import type { Value } from '../../onnx/ir.js'
import { AveragePool } from '../../ops/average-pool.js'
import { AveragePoolGrad } from '../../ops/average-pool-grad.js'
import { exactEnd, heldWindow, imageOf, tiles } from '../../ops/kinds/window.js'
import { MaxPool } from '../../ops/max-pool.js'
import { scale } from '../../ops/mul.js'
import { nchwcAveragePool, nchwcMaxPool } from '../ops/nchwc-pool.js'
import { nchwcUpsample } from '../ops/nchwc-upsample.js'
import type { LayoutRule } from '../rule.js'

/** Pooling of a value that is blocked already stays blocked. */
export const poolingBlocked: LayoutRule = {
  name: 'pooling-blocked',
  ops: [MaxPool, AveragePool],
  apply(node, { layouts }) {
    const [x] = node.inputs as [Value]
    if (layouts.native(x) !== 'blocked') return 'x is not blocked'
    const pool = node.op === MaxPool ? nchwcMaxPool : nchwcAveragePool
    layouts.set(node.outputs[0]!, 'blocked', pool(layouts.get(x, 'blocked'), node.attributes))
    return undefined
  },
}

/** Windows that tile the image, each cell under one: dy / cells, repeated. */
export const averagePoolGradBlocked: LayoutRule = {
  name: 'average-pool-grad-blocked',
  ops: [AveragePoolGrad],
  apply(node, { layouts }) {
    const [dy] = node.inputs as [Value]
    if (layouts.native(dy) !== 'blocked') return 'dy is not blocked'
    const window = heldWindow(node.attributes)
    const end = exactEnd(window, imageOf(node.outputs[0]!.shape, node.name), imageOf(dy.shape, node.name))
    if (!tiles(window, end) || end.some(e => e !== 0)) return 'windows that do not tile the image'
    const [kh, kw] = window.kernel_shape
    const dx = nchwcUpsample(scale(layouts.get(dy, 'blocked'), 1 / (kh * kw)), [kh, kw])
    layouts.set(node.outputs[0]!, 'blocked', dx)
    return undefined
  },
}
