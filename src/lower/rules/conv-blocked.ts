import type { Node, Value } from '../../onnx/ir.js'
import { Conv } from '../../ops/conv.js'
import { convWindow } from '../../ops/kinds/convolution.js'
import { Relu } from '../../ops/relu.js'
import { notBlocked } from '../layouts.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import type { LayoutRule, LoweringContext } from '../rule.js'
import { depthwiseKernel, filledVector, forwardKernel, notDepthwise } from './kernel-blocks.js'

/**
 * Conv -> nchwc.Conv with a computed kernel, and the ReLU after it inside. ONNX Runtime has this kernel for constant
 * weights only, through its own optimizer; given the blocked kernel as a value it runs at the speed of its GEMM.
 */
export const convBlocked: LayoutRule = {
  name: 'conv-blocked',
  ops: [Conv],
  apply(node, context) {
    const [x, w] = node.inputs as [Value, Value]
    const { layouts } = context
    const [K, C] = w.shape as number[]
    if (groupOf(node) !== 1) return 'grouped convolution'
    const fromPlain = C! < layouts.block && layouts.native(x) !== 'blocked'
    const refusal = notBlocked(K!, layouts.block) ?? (fromPlain ? undefined : notBlocked(C!, layouts.block))
    if (refusal) return refusal
    const image = layouts.get(x, fromPlain ? 'plain' : 'blocked')
    convolve(node, context, image, forwardKernel(layouts.get(w, 'plain'), layouts.block, fromPlain))
    return undefined
  },
}

/** Depthwise: one kernel per channel. The runtime's plain form runs group after group, a matrix product of one row each. */
export const convDepthwise: LayoutRule = {
  name: 'conv-depthwise',
  ops: [Conv],
  apply(node, context) {
    const [x, w] = node.inputs as [Value, Value]
    const { layouts } = context
    const refusal = notDepthwise(x.shape[1] as number, w.shape[0] as number, groupOf(node), layouts.block)
    if (refusal) return refusal
    convolve(node, context, layouts.get(x, 'blocked'), depthwiseKernel(layouts.get(w, 'plain'), layouts.block))
    return undefined
  },
}

const groupOf = (node: Node): number => node.attributes.group as number

/** The convolution of an image by a blocked kernel, and the ReLU after it, set as the node's result. */
function convolve(node: Node, context: LoweringContext, image: Value, kernel: Value): void {
  const [x, w, b] = node.inputs as [Value, Value, Value | undefined]
  const { layouts } = context
  const relu = soleRelu(node, context)
  const grouped = groupOf(node) !== 1
  const y = nchwcConv(image, kernel, {
    ...convWindow(node.attributes, x.shape, w.shape, node.name),
    ...(grouped ? { group: kernel.shape[0] as number } : {}),
    bias: b && filledVector(layouts.get(b, 'plain'), layouts.block),
    activation: relu ? 'Relu' : undefined,
  })
  layouts.set((relu ?? node).outputs[0]!, 'blocked', y)
  if (relu) context.consume(relu)
}

/** The ReLU that alone reads this node's result. */
export function soleRelu(node: Node, { uses, isOutput }: LoweringContext): Node | undefined {
  const [y] = node.outputs
  const [reader, ...others] = uses(y!)
  return reader?.op === Relu && others.length === 0 && !isOutput(y!) ? reader : undefined
}
