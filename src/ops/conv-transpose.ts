import { FoveaError } from '../core/errors.js'
import { concrete, type Dim, formatShape } from '../core/shape.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { type Attributes, defineOp } from '../onnx/operator.js'
import { conv } from './conv.js'
import { convGradWeight } from './conv-grad-weight.js'
import { type ConvFacts, checkBias, eachProduct, filled } from './kinds/convolution.js'
import { exactEnd, imageOf, reach, resolveWindow, type WindowOptions, windowAttributes } from './kinds/window.js'
import { reduceSum } from './reduce-sum.js'
import { crop } from './slice.js'

/** The window (its pads resolved) and the height and width of y. */
function geometry(attributes: Attributes, x: readonly Dim[], w: readonly Dim[], where: string) {
  const image = imageOf(x, where)
  const kernel = concrete(w.slice(2), where)
  const { auto_pad, pads, output_padding, output_shape, ...rest } = attributes
  const extra = (output_padding ?? [0, 0]) as readonly number[]
  const same = auto_pad === 'SAME_UPPER' || auto_pad === 'SAME_LOWER'
  // The rules of SAME and of output_shape are the standard's own and differ from Conv's: see `totals` below.
  const window = resolveWindow({ ...rest, pads, auto_pad: same ? 'NOTSET' : auto_pad }, image, kernel, where)
  const full = ([0, 1] as const).map(a => window.strides[a] * (image[a] - 1) + extra[a]! + reach(window, a))
  const wanted =
    (output_shape as readonly number[] | undefined) ?? (same ? image.map((d, a) => d * window.strides[a]!) : undefined)
  if (!wanted) {
    const { pads } = window
    return { window, image: [full[0]! - pads[0] - pads[2], full[1]! - pads[1] - pads[3]] as const, extra }
  }
  const totals = wanted.map((size, a) => Math.max(full[a]! - size, 0))
  const begin = totals.map(total => (auto_pad === 'SAME_UPPER' ? Math.floor(total / 2) : total - Math.floor(total / 2)))
  const resolved = [begin[0]!, begin[1]!, totals[0]! - begin[0]!, totals[1]! - begin[1]!] as const
  return { window: { ...window, pads: resolved }, image: [wanted[0]!, wanted[1]!] as const, extra }
}

/**
 * The transposed convolution: y is what ConvGradInput would give for dy = x. x [N, C, H, W], w [C, K/group, kh, kw],
 * b [K], y [N, K, stride·(H - 1) + output_padding + (kh - 1)·dilation + 1 - pads, ...].
 * dx = Conv(dy, w), dw = ConvGradWeight(dy, x) (x in the role of the convolution's output), db = Σ dy
 */
export const ConvTranspose = defineOp({
  name: 'ConvTranspose',
  domain: '',
  attributes: {
    ...windowAttributes,
    group: { type: 'int', default: 1 },
    output_padding: { type: 'ints', optional: true },
    output_shape: { type: 'ints', optional: true },
  },
  arity: [2, 3],
  infer({ types, attributes, where }) {
    const [x, w, b] = types as [ValueType, ValueType, ValueType?]
    const { image } = geometry(attributes, x.shape, w.shape, where)
    const group = attributes.group as number
    const [C, Kg] = w.shape as [number, number]
    if (x.shape[1] !== C || C % group)
      throw new FoveaError({
        where,
        expected: `weights [${x.shape[1]}, K/group, kh, kw] with channels in ${group} groups`,
        received: formatShape(w.shape),
      })
    checkBias(b?.shape, Kg * group, where)
    return [{ dtype: x.dtype, shape: [x.shape[0]!, Kg * group, ...image] }]
  },
  vjp({ node, inputs: [x, w], attributes, gradients: [dy], needs }) {
    const { window, image } = geometry(attributes, x.shape, w.shape, node.name)
    // Rows that output_padding added carry no product: without them Conv gives x's size exactly.
    const end = exactEnd(window, image, imageOf(x.shape, node.name))
    const seen = crop(dy, [0, 0, -Math.min(end[0], 0), -Math.min(end[1], 0)])
    const facts: ConvFacts = {
      ...window,
      pads: [window.pads[0], window.pads[1], Math.max(end[0], 0), Math.max(end[1], 0)],
      group: attributes.group as number,
    }
    return [
      needs(0) ? conv(seen, w, undefined, facts) : undefined,
      needs(1) ? convGradWeight(seen, x, facts) : undefined,
      needs(2) ? reduceSum(dy, [0, 2, 3], false) : undefined,
    ]
  },
  evaluate({ inputs: [x, w, b], attributes, outputs }) {
    const { window } = geometry(attributes, x.shape, w.shape, 'ConvTranspose')
    const y = outputs[0]!.shape as number[]
    return filled(y, data => {
      const cells = y[2]! * y[3]!
      if (b) for (let i = 0; i < data.length; i++) data[i] = b.data[Math.floor(i / cells) % y[1]!]!
      const group = attributes.group as number
      eachProduct({ window, group, x: y, w: w.shape, y: x.shape }, (ix, iy, iw) => {
        data[iy]! += x.data[ix]! * w.data[iw]!
      })
    })
  },
})

export interface ConvTransposeOptions extends WindowOptions {
  group?: number
  output_padding?: readonly number[]
  output_shape?: readonly number[]
}

export const convTranspose = (x: Value, w: Value, b?: Value, options: ConvTransposeOptions = {}): Value =>
  x.graph.add(ConvTranspose, b ? [x, w, b] : [x, w], { ...options })
