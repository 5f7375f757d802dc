import { sameShape } from '../../core/shape.js'
import type { Node, Value } from '../../onnx/ir.js'
import type { OpDefinition } from '../../onnx/operator.js'
import type { Layout } from '../layouts.js'
import type { LayoutRule, LoweringContext } from '../rule.js'

const isScalar = (value: Value): boolean => value.shape.every(dim => dim === 1)

/**
 * Element-wise operators work in whatever order their operands have: no reorder between a convolution and what
 * follows it. Operands are full-size or scalar; with others (a bias per channel) the plain order is kept.
 */
export const pointwise = (ops: readonly OpDefinition[]): LayoutRule => ({
  name: 'pointwise',
  ops: ops.filter(op => op.pointwise),
  apply(node, context) {
    const { layouts, target } = context
    const [y] = node.outputs
    const operands = node.inputs.filter((input): input is Value => input !== undefined && !isScalar(input))
    if (operands.some(operand => !sameShape(operand.shape, y!.shape))) return 'operands of other shapes'
    if (operands.length === 0) return 'only scalars'
    const layout = chooseLayout(operands, context)
    const images = node.inputs.map(input => input && layouts.get(input, operands.includes(input) ? layout : 'plain'))
    const [image] = target.addMany(node.op, images, node.attributes, { name: node.name })
    layouts.set(y!, layout, image!)
    return undefined
  },
})

function chooseLayout(operands: readonly Value[], { layouts }: LoweringContext): Layout {
  const natives = operands.map(operand => layouts.native(operand))
  return natives.find((layout): layout is Layout => layout === 'pixels' || layout === 'blocked') ?? 'plain'
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
