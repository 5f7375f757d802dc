import type { Node, Value } from '../../onnx/ir.js'
import { Conv } from '../../ops/conv.js'
import { convWindow } from '../../ops/kinds/convolution.js'
import { Relu } from '../../ops/relu.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import type { LayoutRule, LoweringContext } from '../rule.js'
import { forwardKernel } from './kernel-blocks.js'

/**
 * Conv -> nchwc.Conv with a computed kernel, and the ReLU after it inside. ONNX Runtime has this kernel for constant
 * weights only, through its own optimizer; given the blocked kernel as a value it runs at the speed of its GEMM.
 */
export const convBlocked: LayoutRule = {
  name: 'conv-blocked',
  ops: [Conv],
  apply(node, context) {
    const [x, w, b] = node.inputs as [Value, Value, Value | undefined]
    const { layouts } = context
    const [K, C] = w.shape as number[]
    if (node.attributes.group !== 1) return 'grouped convolution'
    if (K! % layouts.block) return `${K} filters are no multiple of the block of ${layouts.block}`
    const fromPlain = C! < layouts.block
    if (!fromPlain && C! % layouts.block) return `${C} channels are no multiple of the block of ${layouts.block}`
    const window = convWindow(node.attributes, x.shape, w.shape, node.name)
    const relu = soleRelu(node, context)
    const y = nchwcConv(
      layouts.get(x, fromPlain ? 'plain' : 'blocked'),
      forwardKernel(layouts.get(w, 'plain'), layouts.block),
      {
        ...window,
        bias: b && layouts.get(b, 'plain'),
        activation: relu ? 'Relu' : undefined,
      },
    )
    layouts.set((relu ?? node).outputs[0]!, 'blocked', y)
    if (relu) context.consume(relu)
    return undefined
  },
}

/** The ReLU that alone reads this node's result. */
export function soleRelu(node: Node, { uses, isOutput }: LoweringContext): Node | undefined {
  const [y] = node.outputs
  const [reader, ...others] = uses(y!)
  return reader?.op === Relu && others.length === 0 && !isOutput(y!) ? reader : undefined
}
