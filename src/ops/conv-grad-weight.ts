import { FoveaError } from '../core/errors.js'
import { concrete, formatShape } from '../core/shape.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { conv } from './conv.js'
import { convGradInput } from './conv-grad-input.js'
import { type ConvFacts, eachProduct, filled, gradientAttributes, heldFacts } from './kinds/convolution.js'
import { exactEnd, imageOf } from './kinds/window.js'
import { matMul } from './mat-mul.js'
import { reduceSum } from './reduce-sum.js'
import { reshape } from './reshape.js'
import { crop, slice } from './slice.js'
import { swapLast, transpose } from './transpose.js'

/** Above so many numbers per weight gradient, images share one; below, each has its own and they are summed. */
const LARGEST_PARTIAL = 2 ** 23

/**
 * The gradient of y = Conv(x, w) for w: dw[k, c, i] = Σ dy[n, k, o] · x[n, c, o·stride + i·dilation - pad] over n, o.
 * It is linear in x and dy; for an incoming gradient g of dw: dx = ConvGradInput(dy, g), d(dy) = Conv(x, g)
 *
 * A composite, because its fast form differs by device. In standard operators it is one convolution in which dy is
 * the kernel, dilation and stride have swapped roles, and the channels of x lie side by side along its rows:
 * x [1, N, H, W·C] * dy [N·K, 1, Ho, Wo] -> [1, N·K, kh, kw·C], one group per image, summed over images.
 */
export const ConvGradWeight = defineOp({
  name: 'ConvGradWeight',
  domain: 'fovea',
  attributes: gradientAttributes,
  arity: [2, 2],
  infer({ types, attributes, where }) {
    const [x, dy] = types as [ValueType, ValueType]
    const { group, kernel_shape } = heldFacts(attributes)
    const [C, K] = concrete([x.shape[1]!, dy.shape[1]!], where) as [number, number]
    if (dy.shape.length !== 4 || dy.shape[0] !== x.shape[0] || C % group || K % group)
      throw new FoveaError({
        where,
        expected: `a gradient [N, K, Ho, Wo] for x ${formatShape(x.shape)}, channels in ${group} groups`,
        received: formatShape(dy.shape),
      })
    return [{ dtype: x.dtype, shape: [K, C / group, ...kernel_shape] }]
  },
  vjp({ node, inputs: [x, dy], attributes, gradients: [g], needs }) {
    const facts = heldFacts(attributes)
    return [
      needs(0) ? convGradInput(dy, g, { ...facts, input_shape: imageOf(x.shape, node.name) }) : undefined,
      needs(1) ? conv(x, g, undefined, facts) : undefined,
    ]
  },
  evaluate({ inputs: [x, dy], attributes, outputs }) {
    const { group, ...window } = heldFacts(attributes)
    const w = outputs[0]!.shape as number[]
    return filled(w, data =>
      eachProduct({ window, group, x: x.shape, w, y: dy.shape }, (iy, ix, iw) => {
        data[iw]! += dy.data[iy]! * x.data[ix]!
      }),
    )
  },
  expand({ attributes, name }, [x, dy]) {
    const facts = heldFacts(attributes)
    const end = exactEnd(facts, imageOf(x.shape, name), imageOf(dy.shape, name))
    const seen = crop(x, [0, 0, -Math.min(end[0], 0), -Math.min(end[1], 0)])
    const pads = [facts.pads[0], facts.pads[1], Math.max(end[0], 0), Math.max(end[1], 0)]
    const pointwise = facts.group === 1 && facts.kernel_shape.every(k => k === 1) && pads.every(pad => pad === 0)
    return [pointwise ? pointwiseForm(seen, dy, facts) : dyAsKernel(seen, dy, { ...facts, pads: pads as never })]
  },
})

/** 1x1: dw = Σ dy · x' over images, one matrix product each. */
function pointwiseForm(x: Value, dy: Value, { strides }: ConvFacts): Value {
  const [N, K, Ho, Wo] = dy.shape as [number, number, number, number]
  const C = x.shape[1] as number
  const picked = strides.every(s => s === 1) ? x : slice(x, { starts: [0, 0], axes: [2, 3], steps: strides })
  const product = matMul(reshape(dy, [N, K, Ho * Wo]), swapLast(reshape(picked, [N, C, Ho * Wo])))
  return reshape(reduceSum(product, [0], false), [K, C, 1, 1])
}

/**
 * The convolution in which dy is the kernel. Groups are as good as further images, so N below is images · groups and
 * C, K count per group. With one channel per group (depthwise) nothing has to be transposed.
 */
function dyAsKernel(x: Value, dy: Value, { group, kernel_shape, strides, dilations, pads }: ConvFacts): Value {
  const where = 'weight gradient of a convolution'
  const [images, channels, H, W] = concrete(x.shape, where) as [number, number, number, number]
  const [, outputs, Ho, Wo] = concrete(dy.shape, where) as [number, number, number, number]
  const [N, C, K] = [images * group, channels / group, outputs / group]
  const [kh, kw] = kernel_shape
  // Along a row the taps are (column, channel): a dilation of columns cannot be a stride there, except for C = 1.
  const columns = C === 1 ? kw : (kw - 1) * dilations[1] + 1
  const shared = group === 1 ? imagesPerKernel(N, K * kh * columns * C) : 1
  const rows = reshape(transpose(reshape(x, [N, C, H, W]), [0, 2, 3, 1]), [1, N, H, W * C])
  const grouped = transpose(reshape(dy, [N / shared, shared, K, Ho * Wo]), [0, 2, 1, 3])
  const partial = conv(rows, reshape(grouped, [(N / shared) * K, shared, Ho, Wo]), undefined, {
    group: N / shared,
    strides: [dilations[0], C === 1 ? dilations[1] : 1],
    dilations: [strides[0], strides[1] * C],
    pads: [pads[0], pads[1] * C, pads[2], pads[3] * C],
  })
  const parts = images / shared
  const flat = reshape(partial, [parts, group * K * kh * columns * C])
  const summed = reshape(parts === 1 ? flat : reduceSum(flat, [0], false), [outputs, kh, columns, C])
  const taps = columns === kw ? summed : slice(summed, { starts: [0], axes: [2], steps: [dilations[1]] })
  return reshape(transpose(taps, [0, 3, 1, 2]), [outputs, C, kh, kw])
}

/** The smallest number of images, a divisor of N, that keeps all partial gradients together within bounds. */
function imagesPerKernel(N: number, size: number): number {
  let shared = 1
  while (shared < N && ((N / shared) * size > LARGEST_PARTIAL || N % shared)) shared++
  return shared
}

export const convGradWeight = (x: Value, dy: Value, facts: ConvFacts): Value =>
  x.graph.add(ConvGradWeight, [x, dy], { ...facts })
