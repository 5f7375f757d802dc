import { FoveaError } from '../core/errors.js'
import { type Dim, formatShape } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { conv } from './conv.js'
import { convGradWeight } from './conv-grad-weight.js'
import { ConvTranspose } from './conv-transpose.js'
import { type ConvFacts, eachProduct, filled, gradientAttributes, heldFacts } from './kinds/convolution.js'
import { exactEnd, imageOf, reach, windowCount } from './kinds/window.js'
import { reshape } from './reshape.js'
import { crop, reverse } from './slice.js'
import { transpose } from './transpose.js'

export interface ConvGradInputFacts extends ConvFacts {
  /** Height and width of the convolution's input. */
  input_shape: readonly [number, number]
}

const held = (attributes: Parameters<typeof heldFacts>[0]): ConvGradInputFacts => ({
  ...heldFacts(attributes),
  input_shape: attributes.input_shape as unknown as [number, number],
})

/**
 * The gradient of y = Conv(x, w) for x: dx[n, c, h] = Σ dy[n, k, o] · w[k, c, i] over all o·stride + i·dilation - pad = h.
 * It is linear in dy and w; for an incoming gradient g of dx: d(dy) = Conv(g, w), dw = ConvGradWeight(g, dy)
 *
 * A composite, because its fast form differs by device and stride. In standard operators: stride 1 is a convolution
 * of dy with the kernels turned by 180 degrees and the roles of their channels swapped; other strides are a
 * ConvTranspose.
 */
export const ConvGradInput = defineOp({
  name: 'ConvGradInput',
  domain: 'fovea',
  attributes: { ...gradientAttributes, input_shape: { type: 'ints' } },
  arity: [2, 2],
  infer({ types, attributes, where }) {
    const [dy, w] = types as [{ dtype: Value['dtype']; shape: Dim[] }, { shape: number[] }]
    const facts = held(attributes)
    const expected = windowCount(facts, facts.input_shape, where)
    const [Ho, Wo] = imageOf(dy.shape, where)
    if (dy.shape[1] !== w.shape[0] || Ho !== expected[0] || Wo !== expected[1])
      throw new FoveaError({
        where,
        expected: `a gradient of shape [N, ${w.shape[0]}, ${expected.join(', ')}]`,
        received: formatShape(dy.shape),
      })
    return [{ dtype: dy.dtype, shape: [dy.shape[0]!, w.shape[1]! * facts.group, ...facts.input_shape] }]
  },
  vjp({ inputs: [dy, w], attributes, gradients: [g], needs }) {
    const { input_shape, ...facts } = held(attributes)
    return [needs(0) ? conv(g, w, undefined, facts) : undefined, needs(1) ? convGradWeight(g, dy, facts) : undefined]
  },
  evaluate({ inputs: [dy, w], attributes, outputs }) {
    const { group, ...window } = heldFacts(attributes)
    const x = outputs[0]!.shape as number[]
    return filled(x, data =>
      eachProduct({ window, group, x, w: w.shape, y: dy.shape }, (iy, ix, iw) => {
        data[ix]! += dy.data[iy]! * w.data[iw]!
      }),
    )
  },
  expand({ attributes }, [dy, w]) {
    const facts = held(attributes)
    const counts = imageOf(dy.shape, 'ConvGradInput')
    return [facts.strides.every(s => s === 1) ? turned(dy, w, facts, counts) : spread(dy, w, facts, counts)]
  },
})

/** Stride 1: the full correlation of dy with the turned kernels. */
function turned(dy: Value, w: Value, facts: ConvGradInputFacts, counts: [number, number]): Value {
  const end = exactEnd(facts, facts.input_shape, counts)
  const side = (axis: 0 | 1): [number, number] => {
    const full = reach(facts, axis) - 1
    return [full - facts.pads[axis], full - end[axis]]
  }
  const [[top, bottom], [left, right]] = [side(0), side(1)]
  // Padding beyond the kernel's reach: those outputs saw zeros only.
  const seen = crop(dy, [-Math.min(top, 0), -Math.min(left, 0), -Math.min(bottom, 0), -Math.min(right, 0)])
  return conv(seen, turnedKernels(w, facts.group), undefined, {
    dilations: facts.dilations,
    group: facts.group,
    pads: [top, left, bottom, right].map(pad => Math.max(pad, 0)),
  })
}

/** [K, C/g, kh, kw] -> [C, K/g, kh, kw], turned by 180 degrees. */
function turnedKernels(w: Value, group: number): Value {
  const [K, Cg, kh, kw] = w.shape as [number, number, number, number]
  const flipped = reverse(
    w,
    [2, 3].filter(axis => w.shape[axis] !== 1),
  )
  if (group === 1) return transpose(flipped, [1, 0, 2, 3])
  const Kg = K / group
  if (Kg === 1 && Cg === 1) return flipped
  const swapped = transpose(reshape(flipped, [group, Kg, Cg, kh * kw]), [0, 2, 1, 3])
  return reshape(swapped, [group * Cg, Kg, kh, kw])
}

/** Any stride. Rows of x that no window touched get their zeros from output_padding. */
function spread(dy: Value, w: Value, facts: ConvGradInputFacts, counts: [number, number]): Value {
  const { input_shape, kernel_shape, ...rest } = facts
  const end = exactEnd(facts, input_shape, counts)
  return dy.graph.add(ConvTranspose, [dy, w], {
    ...rest,
    output_padding: [facts.pads[2] - end[0], facts.pads[3] - end[1]],
  })
}

export const convGradInput = (dy: Value, w: Value, facts: ConvGradInputFacts): Value =>
  dy.graph.add(ConvGradInput, [dy, w], { ...facts })
