import type { Node, Value } from '../../onnx/ir.js'
import { Conv } from '../../ops/conv.js'
import { convWindow } from '../../ops/kinds/convolution.js'
import { type Layouts, notBlocked } from '../layouts.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import type { LayoutRule, LoweringContext } from '../rule.js'
import { soleActivation } from './fused-activation.js'
import { depthwiseKernel, filledVector, forwardKernel, notDepthwise } from './kernel-blocks.js'

/**
 * Conv -> nchwc.Conv with a computed kernel, and the ReLU or ReLU6 after it inside. ONNX Runtime has this kernel for constant
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
    const order = orderOf(x, layouts)
    const refusal = notBlocked(K!, layouts.block) ?? (order === 'blocked' ? notBlocked(C!, layouts.block) : undefined)
    if (refusal) return refusal
    if (order === 'gapped') layouts.noteParts(w, x)
    const image = layouts.get(x, order)
    const kernel = order === 'gapped' ? layouts.slots(x).spread(layouts.get(w, 'plain'), 1) : layouts.get(w, 'plain')
    convolve(node, context, image, forwardKernel(kernel, layouts.block, order === 'plain'))
    return undefined
  },
}

/** The order in which an image is read: that of a first layer, with fewer channels than a block, plain. */
function orderOf(x: Value, layouts: Layouts): 'plain' | 'blocked' | 'gapped' {
  return layouts.blockedOrder(x) ?? ((x.shape[1] as number) < layouts.block ? 'plain' : 'blocked')
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

/** The convolution of an image by a blocked kernel, and the activation after it, set as the node's result. */
function convolve(node: Node, context: LoweringContext, image: Value, kernel: Value): void {
  const [x, w, b] = node.inputs as [Value, Value, Value | undefined]
  const { layouts } = context
  const activated = soleActivation(node, context)
  const grouped = groupOf(node) !== 1
  const y = nchwcConv(image, kernel, {
    ...convWindow(node.attributes, x.shape, w.shape, node.name),
    ...(grouped ? { group: kernel.shape[0] as number } : {}),
    bias: b && filledVector(layouts.get(b, 'plain'), layouts.block),
    ...activated?.fused,
  })
  layouts.set((activated?.node ?? node).outputs[0]!, 'blocked', y)
  if (activated) context.consume(activated.node)
}
