import type { Value } from '../../onnx/ir.js'
import { type Attributes, defineOp, type OpDefinition } from '../../onnx/operator.js'
import { AveragePool } from '../../ops/average-pool.js'
import { MaxPool } from '../../ops/max-pool.js'
import { NCHWC, notDifferentiated } from './vendor.js'

/** A standard pooling operator on blocked images: the same attributes and shapes in the other domain. */
const blocked = (op: OpDefinition): OpDefinition =>
  defineOp({
    name: op.name,
    domain: NCHWC,
    attributes: op.attributes,
    arity: [1, 1],
    infer: op.infer,
    vjp: notDifferentiated,
  })

export const NchwcMaxPool = blocked(MaxPool)
export const NchwcAveragePool = blocked(AveragePool)

export const nchwcMaxPool = (x: Value, attributes: Attributes): Value => x.graph.add(NchwcMaxPool, [x], attributes)
export const nchwcAveragePool = (x: Value, attributes: Attributes): Value =>
  x.graph.add(NchwcAveragePool, [x], attributes)
