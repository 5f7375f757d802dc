import { float32 } from '../../core/tensor.js'
import { channelMapOf, foldBatchNormalization, isFoldable } from '../../lower/fold-batch-normalization.js'
import type { Graph, Node, Value } from '../../onnx/ir.js'
import { liveNodes, rewrite } from '../../onnx/rewrite.js'
import { verifyGraph } from '../../onnx/verify.js'
import { Add } from '../../ops/add.js'
import { Clip } from '../../ops/clip.js'
import { Conv, conv } from '../../ops/conv.js'
import { flatten } from '../../ops/flatten.js'
import { Gemm } from '../../ops/gemm.js'
import { identity } from '../../ops/identity.js'
import { axesOf } from '../../ops/kinds/reduction.js'
import { MatMul } from '../../ops/mat-mul.js'
import { MaxPool, maxPool } from '../../ops/max-pool.js'
import { ReduceMax } from '../../ops/reduce-max.js'
import { Relu } from '../../ops/relu.js'

/** The nodes that read each value; an output of the graph counts as read once more, by nobody. */
export function readersOf(graph: Graph): (value: Value) => readonly (Node | undefined)[] {
  const readers = new Map<Value, (Node | undefined)[]>()
  const note = (value: Value, node: Node | undefined): void => {
    const list = readers.get(value)
    if (list) list.push(node)
    else readers.set(value, [node])
  }
  for (const node of liveNodes(graph)) for (const input of node.inputs) if (input) note(input, node)
  for (const output of graph.outputs) note(output, undefined)
  return value => readers.get(value) ?? []
}

/**
 * The same numbers in the form that quantises best: batch normalisation inside convolutions (or, where none is before
 * it, a convolution of its own, one weight for each channel), dense layers as Gemm with a bias, activations before max
 * pooling instead of after it, and the global maximum as a pooling, which integers have a kernel for.
 */
export function prepare(graph: Graph): Graph {
  const steps = [
    normalizationBeforePool,
    normalizationAsConv,
    foldBatchNormalization,
    denseAsGemm,
    globalMaxAsPool,
    activationBeforePool,
  ]
  return verifyGraph(steps.reduce((current, step) => step(current), graph))
}

/** y = slope · x + shift as a convolution with one 1x1 filter for each channel, where none stands before it. */
function normalizationAsConv(graph: Graph): Graph {
  const readers = readersOf(graph)
  return rewrite(
    graph,
    (node, inputs, target) => {
      const x = node.inputs[0]!
      if (!isFoldable(node) || x.shape.length !== 4) return undefined
      if (x.producer?.op === Conv && readers(x).length === 1) return undefined
      const { slope, shift } = channelMapOf(node)
      const C = slope.length
      const w = target.initializer(`${node.name}/kernel`, float32(slope, [C, 1, 1, 1]))
      return [conv(inputs[0]!, w, target.initializer(`${node.name}/bias`, float32(shift)), { group: C })]
    },
    identity,
  )
}

const isVector = (value: Value | undefined, length: unknown): value is Value =>
  value?.constant?.dtype === 'float32' && value.shape.length === 1 && value.shape[0] === length

/** Rows times constant weights, and the bias that follows. */
function denseAsGemm(graph: Graph): Graph {
  const readers = readersOf(graph)
  const isDense = ({ op, inputs: [x, w] }: Node): boolean =>
    op === MatMul && x?.shape.length === 2 && w?.shape.length === 2 && w.constant?.dtype === 'float32'
  const biasOf = ({ inputs: [a, b] }: Node): { y: Value; bias: Value } | undefined => {
    for (const [y, bias] of [[a, b] as const, [b, a] as const])
      if (y?.producer && isDense(y.producer) && isVector(bias, y.shape[1]) && readers(y).length === 1)
        return { y, bias }
    return undefined
  }
  return rewrite(
    graph,
    (node, inputs, target, image) => {
      if (isDense(node)) {
        const [only] = readers(node.outputs[0]!)
        const added = readers(node.outputs[0]!).length === 1 && only?.op === Add ? biasOf(only) : undefined
        const zeros = (): Value =>
          target.initializer(`${node.name}/bias`, float32(new Float32Array(node.inputs[1]!.shape[1] as number)))
        return [target.add(Gemm, [inputs[0], inputs[1], added ? image(added.bias) : zeros()], {}, { name: node.name })]
      }
      const dense = node.op === Add ? biasOf(node) : undefined
      return dense ? [image(dense.y)] : undefined
    },
    identity,
  )
}

const globalMaxAsPool = (graph: Graph): Graph =>
  rewrite(
    graph,
    (node, [x]) => {
      const global = node.op === ReduceMax && x?.shape.length === 4 && axesOf(node).join() === '2,3'
      const size = x?.shape.slice(2) ?? []
      if (!global || !size.every(dim => typeof dim === 'number')) return undefined
      const pooled = maxPool(x!, { kernel_shape: size as number[] })
      return [node.attributes.keepdims ? pooled : flatten(pooled)]
    },
    identity,
  )

/** Rising functions of one number: they change places with a maximum. */
const isActivation = (node: Node): boolean =>
  node.op === Relu || (node.op === Clip && node.inputs.slice(1).every(bound => !bound || bound.constant !== undefined))

const activationBeforePool = (graph: Graph): Graph => beforePool(graph, isActivation)

/** Rising in every channel: then it reaches the convolution before the pooling, and folds into it. */
const normalizationBeforePool = (graph: Graph): Graph =>
  beforePool(graph, node => isFoldable(node) && channelMapOf(node).slope.every(slope => slope > 0))

/** What follows a max pooling, and is rising, goes before it. */
function beforePool(graph: Graph, isRising: (node: Node) => boolean): Graph {
  const readers = readersOf(graph)
  const risingAfter = (pool: Node): Node | undefined => {
    const [only, ...others] = readers(pool.outputs[0]!)
    return pool.op === MaxPool && others.length === 0 && only && isRising(only) ? only : undefined
  }
  return rewrite(
    graph,
    (node, inputs, target, image) => {
      const rising = risingAfter(node)
      if (rising) {
        const others = rising.inputs.slice(1).map(input => input && image(input))
        const risen = target.add(rising.op, [inputs[0], ...others], rising.attributes, { name: rising.name })
        return [target.add(MaxPool, [risen], node.attributes, { name: node.name })]
      }
      const pool = node.inputs[0]?.producer
      return pool && risingAfter(pool) === node ? [inputs[0]!] : undefined
    },
    identity,
  )
}
