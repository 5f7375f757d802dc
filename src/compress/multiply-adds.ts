import type { Graph, Node, Value } from '../onnx/ir.js'
import { liveNodes } from '../onnx/rewrite.js'

const product = (dims: readonly unknown[]): number =>
  dims.reduce<number>((result, dim) => result * (typeof dim === 'number' ? dim : 1), 1)

/** The multiply-adds of a node for one image: `size` numbers of its second operand, each used `uses` times. */
export interface NodeCost {
  weight: Value
  size: number
  uses: number
}

/** Undefined: not a convolution and not a matrix product. The first axis of an activation is taken for the images. */
export function costOf({ op, inputs, outputs }: Node): NodeCost | undefined {
  const [x, weight] = inputs
  const [y] = outputs
  if (op.name === 'Conv') return { weight: weight!, size: product(weight!.shape), uses: product(y!.shape.slice(2)) }
  if (op.name === 'ConvTranspose')
    return { weight: weight!, size: product(weight!.shape), uses: product(x!.shape.slice(2)) }
  if (op.name === 'Gemm') return { weight: weight!, size: product(weight!.shape), uses: 1 }
  if (op.name !== 'MatMul') return undefined
  // With more axes both operands are activations, and the first axis of each is the images.
  if (weight!.shape.length > 2)
    return { weight: weight!, size: product(weight!.shape.slice(1)), uses: product([y!.shape.at(-2)]) }
  return { weight: weight!, size: product(weight!.shape), uses: product(x!.shape.slice(1, -1)) }
}

/** Multiply-adds for one image, counted from the graph: convolutions and matrix products, as papers count them. */
export const multiplyAdds = (graph: Graph): number =>
  liveNodes(graph).reduce((sum, node) => {
    const cost = costOf(node)
    return cost ? sum + cost.size * cost.uses : sum
  }, 0)
