import type { Value } from '../../onnx/ir.js'
import { AveragePool } from '../../ops/average-pool.js'
import { MaxPool } from '../../ops/max-pool.js'
import { nchwcAveragePool, nchwcMaxPool } from '../ops/nchwc-pool.js'
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
