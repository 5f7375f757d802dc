import { sameShape } from '../core/shape.js'
import { tensor } from '../core/tensor.js'
import type { Graph, Node, Value } from '../onnx/ir.js'
import { rewrite } from '../onnx/rewrite.js'
import { cast } from '../ops/cast.js'
import { HardSigmoid } from '../ops/hard-sigmoid.js'
import { identity } from '../ops/identity.js'
import { KeepMask } from '../ops/keep-mask.js'
import { Mul } from '../ops/mul.js'
import { Positive } from '../ops/positive.js'
import { Sub } from '../ops/sub.js'
import { nchwcConv } from './ops/nchwc-conv.js'
import { stepAboveZero, stepBelow } from './ops/step.js'

/**
 * [x > 0], [0 < y < bound] and [byte >= t] by HardSigmoids. On ONNX Runtime's CPU it is vectorised and threaded; Greater
 * gives bools, and the Cast of bools to floats is a scalar loop (2 M elements: 2.0 ms with Greater and Where, 0.5 ms so).
 */
export const lowerMasks = (graph: Graph, block: number): Graph =>
  rewrite(
    graph,
    (node, images, target) => {
      const [x] = images
      if (node.op === Positive) return target.within(node.name, () => [stepOf(x as Value)])
      if (node.op === Mul) {
        const inside = target.within(node.name, () => insideOf(node, images as Value[], block))
        return inside && [inside]
      }
      if (node.op !== KeepMask) return undefined
      return target.within(node.name, () => [
        target.add(HardSigmoid, [cast(x as Value, 'float32')], {
          alpha: 1,
          beta: 1 - (node.attributes.dropped as number),
        }),
      ])
    },
    identity,
  )

/**
 * [y > 0] · [y < bound] (ReLU6) as [|y - bound / 2| < bound / 2]: the distance is one blocked convolution with an
 * activation, the step is taken in place, and two masks and their product are saved. A y below bound / 2^24 counts as 0.
 */
function insideOf(node: Node, [above]: readonly Value[], block: number): Value | undefined {
  const [lower, upper] = node.inputs.map(mask =>
    mask?.producer?.op === Positive ? mask.producer.inputs[0] : undefined,
  )
  const [bound, y] = upper?.producer?.op === Sub ? upper.producer.inputs : []
  if (!lower || y !== lower || bound?.constant?.data.length !== 1) return undefined
  const half = Number(bound.constant.data[0]) / 2
  const [, channels, ...rest] = y.shape as number[]
  if (!block || rest.length !== 2 || channels! % block !== 0) return undefined
  const image = above!.producer!.inputs[0]!
  const all = (value: number, shape: number[]): Value =>
    image.graph.constant(tensor('float32', shape, new Float32Array(channels!).fill(value)))
  const distance = nchwcConv(image, all(1, [channels!, 1, 1, 1]), {
    group: channels!,
    bias: all(-half, [channels!]),
    activation: 'LeakyRelu',
    activation_params: [-1],
  })
  return stepBelow(distance, half)
}

/** The step of bound - v without the difference being written (ReLU6's upper bound). */
function stepOf(x: Value): Value {
  const [bound, v] = x.producer?.op === Sub ? (x.producer.inputs as [Value, Value]) : []
  const isNumber = bound?.constant?.data.length === 1 && sameShape(v!.shape, x.shape)
  return (isNumber && stepBelow(v!, Number(bound.constant!.data[0]))) || stepAboveZero(x)
}
