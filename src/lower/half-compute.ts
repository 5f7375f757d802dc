import type { Graph, Node, Value } from '../onnx/ir.js'
import type { OpDefinition } from '../onnx/operator.js'
import { rewrite } from '../onnx/rewrite.js'
import { cast } from '../ops/cast.js'
import { Concat } from '../ops/concat.js'
import { Conv } from '../ops/conv.js'
import { ConvTranspose } from '../ops/conv-transpose.js'
import { Gemm } from '../ops/gemm.js'
import { identity } from '../ops/identity.js'
import { MatMul } from '../ops/mat-mul.js'
import { MaxPool } from '../ops/max-pool.js'
import { Relu } from '../ops/relu.js'
import { Reshape } from '../ops/reshape.js'
import { Slice } from '../ops/slice.js'
import { Split } from '../ops/split.js'
import { Squeeze } from '../ops/squeeze.js'
import { Transpose } from '../ops/transpose.js'
import { Unsqueeze } from '../ops/unsqueeze.js'

/** Where the arithmetic of a training step is, and what a GPU does faster in float16. */
const PRODUCTS: ReadonlySet<OpDefinition> = new Set([Conv, ConvTranspose, Gemm, MatMul])

/** These move or choose numbers: rounding before them gives what rounding after them gives. */
const MOVES: ReadonlySet<OpDefinition> = new Set([
  Concat,
  MaxPool,
  Relu,
  Reshape,
  Slice,
  Split,
  Squeeze,
  Transpose,
  Unsqueeze,
])

/**
 * Products of float32 values in float16, as mixed precision training has them (Micikevicius et al. 2018, arXiv
 * 1710.03740): their operands are rounded and their results widened again, so that sums over a batch, statistics, the
 * loss and the weights stay float32, and so do products that `isHalf` does not choose. Between two products a value
 * that is only moved stays narrow.
 */
export function halfCompute(graph: Graph, isHalf: (node: Node) => boolean): Graph {
  /** Values of the new graph in float16, by the float32 value that stands for them. */
  const narrow = new Map<Value, Value>()
  const narrowed = (value: Value): Value => {
    const known = narrow.get(value)
    if (known) return known
    const made = cast(value, 'float16')
    narrow.set(value, made)
    return made
  }
  return rewrite(
    graph,
    (node, inputs, target) => {
      const wide = inputs.filter(input => input?.dtype === 'float32') as Value[]
      const moves = MOVES.has(node.op) && wide.length > 0 && wide.every(value => narrow.has(value))
      const product = PRODUCTS.has(node.op) && wide.length > 0 && isHalf(node)
      if (!moves && !product) return undefined
      const halves = inputs.map(input => (input?.dtype === 'float32' ? narrowed(input) : input))
      const results = target.addMany(node.op, halves, node.attributes, {
        outputs: node.outputs.length,
        name: node.name,
      })
      return results.map(result => {
        if (result.dtype !== 'float16') return result
        const widened = cast(result, 'float32')
        narrow.set(widened, result)
        return widened
      })
    },
    identity,
  )
}
