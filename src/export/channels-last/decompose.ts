import type { Graph, Node, Value } from '../../onnx/ir.js'
import { rewrite } from '../../onnx/rewrite.js'
import { add } from '../../ops/add.js'
import { identity } from '../../ops/identity.js'
import { axesOf } from '../../ops/kinds/reduction.js'
import { scalarLike } from '../../ops/kinds/scalar-like.js'
import { mul } from '../../ops/mul.js'
import { reciprocal } from '../../ops/reciprocal.js'
import { reduceMean } from '../../ops/reduce-mean.js'
import { reduceSum } from '../../ops/reduce-sum.js'
import { sqrt } from '../../ops/sqrt.js'
import { sub } from '../../ops/sub.js'

type Decomposition = (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[]

const sumOfSquares: Decomposition = (node, [x]) => [
  reduceSum(mul(x!, x!), axesOf(node), node.attributes.keepdims === 1),
]

/** Operators that neither TFLite nor TensorFlow.js has, said in those that both have. */
export const decompositions: Readonly<Record<string, Decomposition>> = {
  LayerNormalization(node, [x, weight, b]) {
    const first = node.attributes.axis as number
    const rank = x!.shape.length
    const axes = x!.shape.map((_, axis) => axis).slice(first < 0 ? first + rank : first)
    const mean = reduceMean(x!, axes)
    const centred = sub(x!, mean)
    const variance = reduceMean(mul(centred, centred), axes)
    const r = reciprocal(sqrt(add(variance, scalarLike(x!, node.attributes.epsilon as number))))
    const scaled = mul(mul(centred, r), weight!)
    return [b ? add(scaled, b) : scaled, mean, r]
  },
  ReduceL2: (node, inputs) => [sqrt(sumOfSquares(node, inputs)[0]!)],
  ReduceSumSquare: sumOfSquares,
}

export const decompose = (graph: Graph): Graph =>
  rewrite(
    graph,
    (node, inputs, target) => {
      const decomposition = node.op.domain === '' ? decompositions[node.op.name] : undefined
      return decomposition && target.within(node.name, () => decomposition(node, inputs))
    },
    identity,
  )
