import type { Node } from '../../onnx/ir.js'
import { Clip } from '../../ops/clip.js'
import { Relu } from '../../ops/relu.js'
import type { LoweringContext } from '../rule.js'

/** An activation that the runtime's blocked convolution applies to what it writes. */
export interface FusedActivation {
  activation: 'Relu' | 'Clip'
  /** Bounds of a Clip. */
  activation_params?: readonly number[]
}

/** The activation that alone reads this node's first result, if a blocked convolution knows it. */
export function soleActivation(
  node: Node,
  { uses, isOutput }: LoweringContext,
): { node: Node; fused: FusedActivation } | undefined {
  const [y] = node.outputs
  const [reader, ...others] = uses(y!)
  if (!reader || others.length > 0 || isOutput(y!)) return undefined
  if (reader.op === Relu) return { node: reader, fused: { activation: 'Relu' } }
  if (reader.op !== Clip || reader.inputs[0] !== y) return undefined
  const bounds = reader.inputs.slice(1).map(bound => bound?.constant?.data[0])
  if (bounds.length < 2 || bounds.includes(undefined)) return undefined
  return { node: reader, fused: { activation: 'Clip', activation_params: bounds.map(Number) } }
}
