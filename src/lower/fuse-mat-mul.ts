import type { Graph, Node, Value } from '../onnx/ir.js'
import { rewrite } from '../onnx/rewrite.js'
import { identity } from '../ops/identity.js'
import { MatMul } from '../ops/mat-mul.js'
import { Transpose } from '../ops/transpose.js'
import { fusedMatMul } from './ops/fused-mat-mul.js'

/** The matrix under a Transpose of the last two axes. */
function underTranspose(value: Value): Value | undefined {
  const node = value.producer
  if (node?.op !== Transpose) return undefined
  const perm = node.attributes.perm as readonly number[] | undefined
  const rank = value.shape.length
  const swapsLast = perm?.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i)) ?? rank === 2
  return swapsLast ? (node.inputs[0] as Value) : undefined
}

/** MatMul of transposed matrices -> FusedMatMul, which reads them where they lie. */
export const fuseMatMul = (graph: Graph): Graph =>
  rewrite(
    graph,
    (node: Node, inputs, target) => {
      if (node.op !== MatMul) return undefined
      const [a, b] = inputs as [Value, Value]
      // With a vector on one side ONNX Runtime ignores the flags of the other.
      if (Math.min(a.shape.length, b.shape.length) < 2) return undefined
      const [under, over] = [underTranspose(a), underTranspose(b)]
      if (!under && !over) return undefined
      return target.within(node.name, () => [
        fusedMatMul(under ?? a, over ?? b, { transA: under ? 1 : 0, transB: over ? 1 : 0 }),
      ])
    },
    identity,
  )
