import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { Conv } from '../../ops/conv.js'
import { ConvGradInput } from '../../ops/conv-grad-input.js'
import { ConvGradWeight } from '../../ops/conv-grad-weight.js'
import { expand } from '../../ops/expand.js'
import { convWindow, heldFacts } from '../../ops/kinds/convolution.js'
import { matMul } from '../../ops/mat-mul.js'
import { reshape } from '../../ops/reshape.js'
import { swapLast } from '../../ops/transpose.js'
import type { LayoutRule } from '../rule.js'
import {
  dataGradient,
  inverseTransform,
  tilingOf,
  transformData,
  transformGradient,
  transformKernel,
  weightGradient,
} from './winograd-forms.js'

/**
 * 3x3 convolutions of many channels as matrix products between Winograd's transforms, in pixel order [H, W, N, C]:
 * 1.8 to 4 multiplications per output instead of 9. The transforms are matrix products too, with constant matrices.
 */
export const convWinograd: LayoutRule = {
  name: 'conv-winograd',
  ops: [Conv],
  apply(node, context) {
    const [x, w, b] = node.inputs as [Value, Value, Value | undefined]
    const window = convWindow(node.attributes, x.shape, w.shape, node.name)
    const { layouts } = context
    const facts = { ...window, group: node.attributes.group as number }
    const tiling = tilingOf(facts, x.shape, w.shape[0] as number, layouts.block)
    if (typeof tiling === 'string') return tiling
    const V = transformData(x, tiling, context)
    const U = transformKernel(w, tiling, context)
    const y = inverseTransform(matMul(V, swapLast(U)), tiling)
    layouts.set(node.outputs[0]!, 'pixels', b ? addPerChannel(y, layouts.get(b, 'plain')) : y)
    return undefined
  },
}

/** Adds b [K] to pixels [H, W, N, K]; repeated over the images first, so that the runtime adds long spans. */
function addPerChannel(y: Value, b: Value): Value {
  const [H, W, N, K] = y.shape as [number, number, number, number]
  const repeated = reshape(expand(reshape(b, [1, K]), [N, K]), [N * K])
  return reshape(add(reshape(y, [H * W, N * K]), repeated), [H, W, N, K])
}

/**
 * The forward pass turned around, transform by transform, rather than a Winograd convolution of dy of its own: then the
 * transformed dy is the weight gradient's, and the transformed kernel the forward pass's.
 */
export const convGradInputWinograd: LayoutRule = {
  name: 'conv-grad-input-winograd',
  ops: [ConvGradInput],
  apply(node, context) {
    const [dy, w] = node.inputs as [Value, Value]
    const { layouts } = context
    const [x] = node.outputs
    const tiling = tilingOf(heldFacts(node.attributes), x!.shape, w.shape[0] as number, layouts.block)
    if (typeof tiling === 'string') return tiling
    const dV = matMul(transformGradient(dy, tiling, context), transformKernel(w, tiling, context))
    layouts.set(x!, 'pixels', dataGradient(dV, tiling))
    return undefined
  },
}

export const convGradWeightWinograd: LayoutRule = {
  name: 'conv-grad-weight-winograd',
  ops: [ConvGradWeight],
  apply(node, context) {
    const [x, dy] = node.inputs as [Value, Value]
    const { layouts } = context
    const tiling = tilingOf(heldFacts(node.attributes), x.shape, dy.shape[1] as number, layouts.block)
    if (typeof tiling === 'string') return tiling
    const dw = weightGradient(transformData(x, tiling, context), transformGradient(dy, tiling, context), tiling)
    layouts.set(node.outputs[0]!, 'plain', dw)
    return undefined
  },
}
