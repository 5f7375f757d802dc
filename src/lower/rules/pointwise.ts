import { sameShape } from '../../core/shape.js'
import type { Node, Value } from '../../onnx/ir.js'
import type { OpDefinition } from '../../onnx/operator.js'
import { Div } from '../../ops/div.js'
import { Log } from '../../ops/log.js'
import { Pow } from '../../ops/pow.js'
import { Reciprocal } from '../../ops/reciprocal.js'
import { reshape } from '../../ops/reshape.js'
import type { Layout, Layouts } from '../layouts.js'
import type { LayoutRule } from '../rule.js'

const isScalar = (value: Value): boolean => value.shape.every(dim => dim === 1)

/** One number per image and channel, [N, C, 1, 1]: in pixel order [1, 1, N, C], a whole row that broadcasts well. */
const isPerImage = (value: Value, y: Value): boolean =>
  y.shape.length === 4 && sameShape(value.shape, [...y.shape.slice(0, 2), 1, 1])

/**
 * Element-wise operators work in whatever order their operands have: no reorder between a convolution and what
 * follows it. Operands are full-size, scalar, or (in pixel order) per image and channel; with others the plain order
 * is kept.
 */
export const pointwise = (ops: readonly OpDefinition[]): LayoutRule => ({
  name: 'pointwise',
  ops: ops.filter(op => op.pointwise),
  apply(node, { layouts, target }) {
    const y = node.outputs[0]!
    const operands = node.inputs.filter((input): input is Value => input !== undefined && !isScalar(input))
    const full = operands.filter(operand => sameShape(operand.shape, y.shape))
    if (full.length === 0) return 'no operand of full size'
    const model = modelOf(full, layouts)
    const layout = model ? (layouts.native(model) as Layout) : 'plain'
    const padded = layout === 'gapped' || (layout === 'blocked' && layouts.padded(y))
    if (padded && unboundedAtZero.includes(node.op)) return 'zeros in added channels'
    const others = operands.filter(operand => !full.includes(operand))
    if (others.some(other => layout !== 'pixels' || !isPerImage(other, y))) return 'operands of other shapes'
    const images = node.inputs.map(input => {
      if (!input || isScalar(input)) return input && layouts.get(input, 'plain')
      if (full.includes(input)) return layouts.like(input, model ?? y, layout)
      return reshape(layouts.get(input, 'plain'), [1, 1, ...input.shape.slice(0, 2)])
    })
    const image = target.add(node.op, images, node.attributes, { name: node.name })
    layouts.setLike(y, model ?? y, layout, image)
    return undefined
  },
})

/** What gives no finite number for zeros, which added channels have. */
const unboundedAtZero: readonly OpDefinition[] = [Div, Log, Pow, Reciprocal]

/**
 * The operand whose order the result has; none: plain. Where operands differ, the last: it is the mask that a gradient is multiplied by, and what the gradient
 * goes on to works in the order that the mask was made in.
 */
function modelOf(operands: readonly Value[], layouts: Layouts): Value | undefined {
  const orders: (Layout | 'any')[] = ['pixels', 'blocked', 'gapped']
  return operands.findLast(operand => orders.includes(layouts.native(operand)))
}

/** Random masks have no order of their own: whichever order their first reader wants is as random. */
export const anyOrder = (op: OpDefinition): LayoutRule => ({
  name: 'any-order',
  ops: [op],
  apply(node: Node, { layouts, target }) {
    const inputs = node.inputs.map(input => input && layouts.get(input, 'plain'))
    layouts.setAnyOrder(node.outputs[0]!, target.add(node.op, inputs, node.attributes, { name: node.name }))
    return undefined
  },
})
