import type { Value } from '../../onnx/ir.js'
import { ConvGradInput } from '../../ops/conv-grad-input.js'
import { heldFacts } from '../../ops/kinds/convolution.js'
import { exactEnd, imageOf, reach } from '../../ops/kinds/window.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import type { LayoutRule } from '../rule.js'
import { spread } from './blocked-strides.js'
import { depthwiseKernel, notDepthwise } from './kernel-blocks.js'

/**
 * Data gradient of a depthwise convolution: nchwc.Conv of dy with the turned kernel. A stride above 1 spreads dy with
 * zeros before it; nine taps per channel cost little more on them than on the fewer pixels of dy.
 */
export const convGradInputDepthwise: LayoutRule = {
  name: 'conv-grad-input-depthwise',
  ops: [ConvGradInput],
  apply(node, { layouts }) {
    const [dy, w] = node.inputs as [Value, Value]
    const facts = heldFacts(node.attributes)
    const { strides, group } = facts
    const size = node.attributes.input_shape as unknown as [number, number]
    const refusal = notDepthwise((w.shape[1] as number) * group, w.shape[0] as number, group, layouts.block)
    if (refusal) return refusal
    const end = exactEnd(facts, size, imageOf(dy.shape, node.name))
    const begin = ([0, 1] as const).map(axis => reach(facts, axis) - 1 - facts.pads[axis])
    // Each pixel of dy is followed by its zeros, the last one too: they are a part of the padding.
    const after = ([0, 1] as const).map(axis => reach(facts, axis) - strides[axis] - end[axis])
    const pads = [...begin, ...after]
    if (pads.some(p => p < 0)) return 'padding beyond the reach of the kernel'
    const image = spread(layouts.get(dy, 'blocked'), strides, layouts.block)
    const kernel = depthwiseKernel(layouts.get(w, 'plain'), layouts.block, true)
    const dx = nchwcConv(image, kernel, {
      kernel_shape: facts.kernel_shape,
      dilations: facts.dilations,
      group: kernel.shape[0] as number,
      pads,
    })
    layouts.set(node.outputs[0]!, 'blocked', dx)
    return undefined
  },
}
