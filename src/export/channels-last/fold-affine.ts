import { type Tensor, toNumbers } from '../../core/tensor.js'
import type { Graph, Node, Value } from '../../onnx/ir.js'
import { copyNode, rewrite } from '../../onnx/rewrite.js'
import { Add } from '../../ops/add.js'
import { Div } from '../../ops/div.js'
import { identity } from '../../ops/identity.js'
import { Mul } from '../../ops/mul.js'
import { Sub } from '../../ops/sub.js'
import { floats } from './constants.js'
import { Dense } from './ops/products.js'
import { Conv2D, MaxPool2D } from './ops/windows.js'

/** y = factor · x + term, one number for each channel of the last axis. */
interface Affine {
  factor: readonly number[]
  term: readonly number[]
}

/** One number for each channel, from a constant that differs along the last axis alone. */
function perChannel(held: Tensor, channels: number): number[] | undefined {
  const values = toNumbers(held)
  if (values.length === 1) return new Array<number>(channels).fill(values[0]!)
  return values.length === channels && held.shape.at(-1) === channels ? values : undefined
}

/** The operand that is not constant, and what the node does to it; undefined where it is no such step. */
function affineOf(node: Node, inputs: readonly (Value | undefined)[]): { at: 0 | 1; affine: Affine } | undefined {
  const at = inputs[1]?.constant && !inputs[0]?.constant ? 0 : 1
  const held = inputs[1 - at]?.constant
  const channels = node.outputs[0]?.shape.at(-1)
  if (!held || inputs[at]?.constant || held.dtype !== 'float32' || typeof channels !== 'number') return undefined
  const values = perChannel(held, channels)
  // An operand that the constant makes wider is not just scaled.
  if (!values || inputs[at]!.shape.length !== node.outputs[0]!.shape.length) return undefined
  if (inputs[at]!.shape.at(-1) !== channels) return undefined
  const [ones, zeros] = [values.map(() => 1), values.map(() => 0)]
  if (node.op === Add) return { at, affine: { factor: ones, term: values } }
  if (node.op === Mul) return { at, affine: { factor: values, term: zeros } }
  if (node.op === Sub)
    return {
      at,
      affine: at === 0 ? { factor: ones, term: values.map(v => -v) } : { factor: ones.map(v => -v), term: values },
    }
  if (node.op === Div && at === 0) return { at, affine: { factor: values.map(v => 1 / v), term: zeros } }
  return undefined
}

/** The layer again with its kernel and bias changed. */
function intoLayer({ op, inputs: [x, w, b], attributes, name }: Node, { factor, term }: Affine, target: Graph): Value {
  const K = factor.length
  const kernel = w!.constant!
  const filter = floats(
    kernel.shape,
    toNumbers(kernel).map((v, i) => v * factor[i % K]!),
  )
  const old = b?.constant ? toNumbers(b.constant) : term.map(() => 0)
  const bias = floats(
    [K],
    term.map((t, k) => old[k]! * factor[k]! + t),
  )
  const inputs = [x, target.initializer(w!.name, filter), target.initializer(b?.name ?? `${name}/bias`, bias)]
  return target.add(op, inputs, attributes, { name })
}

/**
 * Factors and terms per channel go into the convolution or dense layer before them: batch normalisation, biases added
 * apart, scaled logits. They pass through max pooling where every factor is positive. Numbers are kept but for rounding.
 */
export function foldAffine(graph: Graph): Graph {
  const readers = new Map<Value, number>()
  for (const value of [...graph.nodes.flatMap(node => node.inputs), ...graph.outputs])
    if (value) readers.set(value, (readers.get(value) ?? 0) + 1)
  /** Values of the new graph that one node alone reads. */
  const exclusive = new Set<Value>()

  const push = (value: Value, affine: Affine, target: Graph): Value | undefined => {
    const node = value.producer
    if (!node || !exclusive.has(value)) return undefined
    if (
      (node.op === Conv2D || node.op === Dense) &&
      node.inputs[1]!.constant &&
      !(node.inputs[2] && !node.inputs[2].constant)
    )
      return intoLayer(node, affine, target)
    if (node.op !== MaxPool2D || !affine.factor.every(f => f > 0)) return undefined
    const before = push(node.inputs[0]!, affine, target)
    if (!before) return undefined
    exclusive.add(before)
    return target.add(MaxPool2D, [before], node.attributes, { name: node.name })
  }

  const folded = rewrite(
    graph,
    (node, inputs, target) => {
      const step = affineOf(node, inputs)
      const images = (step && push(inputs[step.at]!, step.affine, target)) ?? undefined
      const outputs = images ? [images] : copyNode(node, inputs, target)
      node.outputs.forEach((output, i) => {
        if (outputs[i] && readers.get(output) === 1) exclusive.add(outputs[i])
      })
      return outputs
    },
    identity,
  )
  return rewrite(folded, undefined, identity)
}
