import type { Value } from '../onnx/ir.js'
import { type Attributes, defineOp } from '../onnx/operator.js'
import { averagePool } from './average-pool.js'
import { convTranspose } from './conv-transpose.js'
import { div } from './div.js'
import { expand } from './expand.js'
import { averageCounts } from './kinds/average.js'
import { constantLike } from './kinds/constant-like.js'
import { filled } from './kinds/convolution.js'
import { scalarLike } from './kinds/scalar-like.js'
import {
  eachTap,
  exactEnd,
  heldWindow,
  imageOf,
  resolvedWindowAttributes,
  tiles,
  type Window,
  windowCount,
} from './kinds/window.js'
import { pad } from './pad.js'
import { reshape } from './reshape.js'

export interface AveragePoolFacts extends Window {
  count_include_pad: number
  /** Height and width of the pooled image. */
  input_shape: readonly [number, number]
}

const held = (attributes: Attributes): AveragePoolFacts => ({
  ...heldWindow(attributes),
  count_include_pad: attributes.count_include_pad as number,
  input_shape: attributes.input_shape as unknown as [number, number],
})

/**
 * The gradient of y = AveragePool(x): dx = Σ dy / cells over the windows above each cell. Linear, so for an incoming
 * gradient g of dx: d(dy) = AveragePool(g)
 *
 * A composite, because its fast form differs by device and window. In standard operators: windows that tile the image
 * spread dy / cells by Expand; others by a depthwise ConvTranspose with kernels of ones.
 */
export const AveragePoolGrad = defineOp({
  name: 'AveragePoolGrad',
  domain: 'fovea',
  attributes: { ...resolvedWindowAttributes, count_include_pad: { type: 'int' }, input_shape: { type: 'ints' } },
  arity: [1, 1],
  infer({ types, attributes }) {
    const dy = types[0]!
    return [{ dtype: dy.dtype, shape: [dy.shape[0]!, dy.shape[1]!, ...held(attributes).input_shape] }]
  },
  vjp({ node, inputs: [dy], attributes, gradients: [g] }) {
    const { input_shape, count_include_pad, ...window } = held(attributes)
    const floor = windowCount(window, input_shape, node.name)
    const ceil_mode = imageOf(dy.shape, node.name).every((count, axis) => count === floor[axis]) ? 0 : 1
    return [averagePool(g, { ...window, count_include_pad: count_include_pad ? 1 : 0, ceil_mode })]
  },
  evaluate({ inputs: [dy], attributes, outputs }) {
    const x = outputs[0]!.shape as number[]
    const { input_shape, count_include_pad, ...window } = held(attributes)
    const counts = imageOf(dy.shape, 'AveragePoolGrad')
    const cells = averageCounts(window, input_shape, counts, count_include_pad === 1)
    return filled(x, data => {
      for (let plane = 0; plane < x[0]! * x[1]!; plane++) {
        const [to, from] = [plane * x[2]! * x[3]!, plane * counts[0] * counts[1]]
        eachTap(window, input_shape, counts, (output, cell) => {
          data[to + cell]! += dy.data[from + output]! / cells[output]!
        })
      }
    })
  },
  expand({ attributes, name }, [dy]) {
    const facts = held(attributes)
    const end = exactEnd(facts, facts.input_shape, imageOf(dy.shape, name))
    return [tiles(facts, end) ? tiled(dy, facts, end) : overlapping(dy, facts, end)]
  },
})

/** Every cell under one window at most: dy / cells, each number repeated. */
function tiled(dy: Value, { kernel_shape: [kh, kw] }: AveragePoolFacts, end: [number, number]): Value {
  const [N, C, Ho, Wo] = dy.shape as [number, number, number, number]
  const share = div(dy, scalarLike(dy, kh * kw))
  const repeated = expand(reshape(share, [N, C * Ho, 1, Wo, 1]), [1, 1, kh, 1, kw])
  const spread = reshape(repeated, [N, C, Ho * kh, Wo * kw])
  return pad(spread, [0, 0, 0, 0, 0, 0, -end[0], -end[1]])
}

function overlapping(dy: Value, facts: AveragePoolFacts, end: [number, number]): Value {
  const [, C, Ho, Wo] = dy.shape as [number, number, number, number]
  const [kh, kw] = facts.kernel_shape
  const cells = averageCounts(facts, facts.input_shape, [Ho, Wo], facts.count_include_pad === 1)
  const share = div(dy, constantLike(dy, cells, [1, 1, Ho, Wo]))
  const ones = constantLike(dy, new Float64Array(C * kh * kw).fill(1), [C, 1, kh, kw])
  const back = convTranspose(share, ones, undefined, {
    strides: facts.strides,
    dilations: facts.dilations,
    group: C,
    pads: [facts.pads[0], facts.pads[1], Math.max(end[0], 0), Math.max(end[1], 0)],
  })
  return pad(back, [0, 0, 0, 0, 0, 0, -Math.min(end[0], 0), -Math.min(end[1], 0)])
}

export const averagePoolGrad = (dy: Value, facts: AveragePoolFacts): Value =>
  dy.graph.add(AveragePoolGrad, [dy], { ...facts })
