import type { Graph, Node, Value } from '../onnx/ir.js'
import { rewrite } from '../onnx/rewrite.js'
import { identity } from '../ops/identity.js'
import { MaxPool } from '../ops/max-pool.js'
import { MaxPoolGrad } from '../ops/max-pool-grad.js'
import { Mul, mul } from '../ops/mul.js'
import { Positive, positive } from '../ops/positive.js'
import { Relu } from '../ops/relu.js'

interface Match {
  grad: Node
  /** The rectified image that was pooled, its maxima, and their gradient. */
  x: Value
  y: Value
  dy: Value
}

/** MaxPoolGrad(x, y, dy) · [x > 0] with y = MaxPool(x), in either order of the factors. */
function match(node: Node): Match | undefined {
  if (node.op !== Mul) return undefined
  const [a, b] = node.inputs as [Value, Value]
  for (const [left, right] of [
    [a, b],
    [b, a],
  ] as const) {
    const [grad, mask] = [left.producer, right.producer]
    if (grad?.op !== MaxPoolGrad || mask?.op !== Positive) continue
    const [x, y, dy] = grad.inputs as [Value, Value, Value]
    if (mask.inputs[0] === x && x.producer?.op === Relu && y.producer?.op === MaxPool) return { grad, x, y, dy }
  }
  return undefined
}

/**
 * The gradient of a ReLU right before max pooling: dy reaches only cells where x = y, and there [x > 0] is [y > 0], so
 * the mask is applied to the pooled gradient: two passes over a quarter of the cells instead of over all.
 */
export const positiveThroughMaxPool = (graph: Graph): Graph =>
  rewrite(
    graph,
    (node, _inputs, target, image) => {
      const found = match(node)
      if (!found) return undefined
      const [x, y, dy] = [image(found.x), image(found.y), image(found.dy)]
      return target.within(node.name, () => [
        target.add(MaxPoolGrad, [x, y, mul(dy, positive(y))], found.grad.attributes),
      ])
    },
    identity,
  )
