import { toNumbers } from '../../../core/tensor.js'
import type { Graph, Node, Value } from '../../../onnx/ir.js'
import { rewrite } from '../../../onnx/rewrite.js'
import { abs } from '../../../ops/abs.js'
import { add } from '../../../ops/add.js'
import { clip } from '../../../ops/clip.js'
import { div } from '../../../ops/div.js'

import { exp } from '../../../ops/exp.js'
import { identity } from '../../../ops/identity.js'
import { scalarLike } from '../../../ops/kinds/scalar-like.js'
import { log } from '../../../ops/log.js'
import { Max } from '../../../ops/max.js'
import { Min } from '../../../ops/min.js'
import { mul, scale } from '../../../ops/mul.js'
import { relu } from '../../../ops/relu.js'
import { sub } from '../../../ops/sub.js'
import { tanh } from '../../../ops/tanh.js'

import { CLIPS, clipBounds } from './lowerings.js'

type Legalization = (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined

/** log(1 + eˣ) without overflow. */
const softplus = (x: Value): Value => add(relu(x), log(add(exp(scale(abs(x), -1)), scalarLike(x, 1))))

/** eˣ - 1 below 0, else 0. */
const negativePart = (x: Value): Value => sub(exp(x.graph.add(Min, [x, scalarLike(x, 0)])), scalarLike(x, 1))

const reciprocalOf = (held: Value): Value => {
  const numbers = Float32Array.from(toNumbers(held.constant!), v => 1 / v)
  return held.graph.constant({ dtype: 'float32', shape: held.constant!.shape, data: numbers })
}

/** Operators of a channels-last graph that TFLite lacks, in those that it has. */
export const legalizations: Readonly<Record<string, Legalization>> = {
  /** Bounds that are no activation of TFLite's. */
  Clip(node, [x]) {
    if (clipBounds(node) in CLIPS) return undefined
    const [low, high] = [1, 2].map(i => node.inputs[i]?.constant && toNumbers(node.inputs[i].constant)[0]!)
    const raised = low === undefined ? x! : x!.graph.add(Max, [x, scalarLike(x!, low)])
    return [high === undefined ? raised : x!.graph.add(Min, [raised, scalarLike(x!, high)])]
  },
  /** Integers have no division: by a constant it is a product. */
  Div: (_, [a, b]) => (b!.constant?.dtype === 'float32' ? [mul(a!, reciprocalOf(b!))] : undefined),
  Elu({ attributes }, [x]) {
    const alpha = attributes.alpha as number
    return alpha === 1 ? undefined : [add(relu(x!), scale(negativePart(x!), alpha))]
  },
  /** relu6(6 (α x + β)) / 6: one activation, which fuses into the addition before it. */
  HardSigmoid: ({ attributes: { alpha, beta } }, [x]) => [
    scale(clip(add(scale(x!, 6 * (alpha as number)), scalarLike(x!, 6 * (beta as number))), 0, 6), 1 / 6),
  ],
  Mish: (_, [x]) => [mul(x!, tanh(softplus(x!)))],
  Selu: ({ attributes: { alpha, gamma } }, [x]) => [
    scale(add(relu(x!), scale(negativePart(x!), alpha as number)), gamma as number),
  ],
  Softplus: (_, [x]) => [softplus(x!)],
  Softsign: (_, [x]) => [div(x!, add(abs(x!), scalarLike(x!, 1)))],
}

export const legalize = (graph: Graph): Graph =>
  rewrite(
    graph,
    (node, inputs, target) => {
      const legalization = legalizations[node.op.name]
      return legalization && target.within(node.name, () => legalization(node, inputs))
    },
    identity,
  )
