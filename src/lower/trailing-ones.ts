import { sizeOf } from '../core/shape.js'
import type { Graph, Node, Value } from '../onnx/ir.js'
import { rewrite } from '../onnx/rewrite.js'
import { identity } from '../ops/identity.js'
import { reshape } from '../ops/reshape.js'

/** Below so many elements two reshapes cost as much as they save. */
const FEWEST = 1024

/**
 * ONNX Runtime's CPU joins the axes of two operands before it loops over them, but not past a last axis of 1: a kernel
 * [K, C, 1, 1] times a number is K · C loops over one element, some forty times the time of one loop. The operation is
 * done on the flat tensor instead.
 */
export const withoutTrailingOnes = (graph: Graph): Graph =>
  graph.nodes.some(isSlow)
    ? rewrite(
        graph,
        (node, inputs, target) => {
          if (!isSlow(node)) return undefined
          const { shape } = node.outputs[0]!
          const flat = (input: Value): Value => reshape(input, [isNumber(input) ? 1 : sizeOf(shape as number[])])
          return target.within(node.name, () => {
            const operands = inputs.map(input => input && flat(input))
            return [reshape(target.add(node.op, operands, node.attributes), shape as number[])]
          })
        },
        identity,
      )
    : graph

const isNumber = ({ shape }: Value): boolean => shape.every(dim => dim === 1)

/** An element-wise operation of one full tensor, or several, with numbers. */
function isSlow({ op, inputs, outputs }: Node): boolean {
  const { shape } = outputs[0]!
  if (!op.pointwise || shape.at(-1) !== 1 || !shape.every(Number.isInteger) || sizeOf(shape as number[]) < FEWEST)
    return false
  const operands = inputs.filter(input => input !== undefined)
  const full = operands.filter(input => !isNumber(input))
  return full.length < operands.length && full.every(input => input.shape.join() === shape.join())
}
