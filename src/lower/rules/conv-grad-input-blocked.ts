import type { Value } from '../../onnx/ir.js'
import { ConvGradInput } from '../../ops/conv-grad-input.js'
import { heldFacts } from '../../ops/kinds/convolution.js'
import { exactEnd, imageOf, reach } from '../../ops/kinds/window.js'
import { notBlocked } from '../layouts.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import type { LayoutRule } from '../rule.js'
import { turnedKernel } from './kernel-blocks.js'

/** Data gradient of a stride-1 convolution: nchwc.Conv of dy with the turned kernel. */
export const convGradInputBlocked: LayoutRule = {
  name: 'conv-grad-input-blocked',
  ops: [ConvGradInput],
  apply(node, { layouts }) {
    const [dy, w] = node.inputs as [Value, Value]
    const facts = heldFacts(node.attributes)
    const [K, C] = w.shape as number[]
    if (facts.group !== 1) return 'grouped convolution'
    if (facts.strides.some(s => s !== 1)) return 'stride above 1'
    const parts = layouts.parts(w)
    const refusal = notBlocked(K!, layouts.block) ?? (parts.length > 1 ? undefined : notBlocked(C!, layouts.block))
    if (refusal) return refusal
    const end = exactEnd(
      facts,
      node.attributes.input_shape as unknown as [number, number],
      imageOf(dy.shape, node.name),
    )
    const [top, left] = [reach(facts, 0) - 1 - facts.pads[0], reach(facts, 1) - 1 - facts.pads[1]]
    const pads = [top, left, reach(facts, 0) - 1 - end[0], reach(facts, 1) - 1 - end[1]]
    if (pads.some(pad => pad < 0)) return 'padding beyond the reach of the kernel'
    const image = layouts.get(dy, 'blocked')
    const kernel = parts.length > 1 ? layouts.slots(w).spread(layouts.get(w, 'plain'), 1) : layouts.get(w, 'plain')
    const dx = nchwcConv(image, turnedKernel(kernel, layouts.block), {
      kernel_shape: facts.kernel_shape,
      dilations: facts.dilations,
      pads,
    })
    layouts.setParts(node.outputs[0]!, dx, parts)
    return undefined
  },
}
