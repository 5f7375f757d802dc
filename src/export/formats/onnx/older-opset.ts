import { FoveaError } from '../../../core/errors.js'
import { concrete, normalizeAxis } from '../../../core/shape.js'
import { toNumbers } from '../../../core/tensor.js'
import type { Graph, Node, Value } from '../../../onnx/ir.js'
import type { OpDefinition } from '../../../onnx/operator.js'
import { rewrite } from '../../../onnx/rewrite.js'
import { add } from '../../../ops/add.js'
import { div } from '../../../ops/div.js'
import { erf } from '../../../ops/erf.js'
import { hardSigmoid } from '../../../ops/hard-sigmoid.js'
import { identity } from '../../../ops/identity.js'
import { axesOf, reducedAxes, reducedShape } from '../../../ops/kinds/reduction.js'
import { scalarLike } from '../../../ops/kinds/scalar-like.js'
import { mul, scale } from '../../../ops/mul.js'
import { reduceSum } from '../../../ops/reduce-sum.js'
import { softplus } from '../../../ops/softplus.js'
import { sqrt } from '../../../ops/sqrt.js'
import { sub } from '../../../ops/sub.js'
import { tanh } from '../../../ops/tanh.js'

type Older = (node: Node, inputs: readonly (Value | undefined)[]) => Value

interface Change {
  /** The operator set in which the operator got the form that Fovea's graphs use. */
  since: number
  /** The same numbers in the operators before it. */
  older: Older
}

/** The form of reductions before 18 (of ReduceSum before 13): axes are an attribute. */
const axesAttribute = (op: OpDefinition): OpDefinition => ({
  name: op.name,
  domain: '',
  attributes: { axes: { type: 'ints', optional: true }, keepdims: { type: 'int', default: 1 } },
  arity: [1, 1],
  infer: ({ types, attributes, where }) => {
    const { dtype, shape } = types[0]!
    const axes = reducedAxes(attributes.axes as readonly number[] | undefined, shape.length, where)
    return [{ dtype, shape: reducedShape(shape, axes, attributes.keepdims === 1) }]
  },
  vjp: { unsupported: 'a form for files only' },
})

const olderReduction: Older = (node, [x]) => {
  const axes = axesOf(node)
  if (axes.length === 0) return identity(x!)
  return x!.graph.add(axesAttribute(node.op), [x], { axes, keepdims: node.attributes.keepdims as number })
}

/** x/2 · (1 + erf(x/√2)), or with tanh(√(2/π) (x + 0.044715 x³)) in place of erf. */
const olderGelu: Older = ({ attributes }, [x]) => {
  const inner =
    attributes.approximate === 'tanh'
      ? tanh(scale(add(x!, scale(mul(x!, mul(x!, x!)), 0.044715)), Math.sqrt(2 / Math.PI)))
      : erf(scale(x!, Math.SQRT1_2))
  return mul(scale(x!, 0.5), add(inner, scalarLike(x!, 1)))
}

const olderLayerNormalization: Older = (node, [x, weight, b]) => {
  const first = normalizeAxis(node.attributes.axis as number, x!.shape.length, node.name)
  const axes = x!.shape.map((_, axis) => axis).slice(first)
  const count = concrete(x!.shape.slice(first), node.name).reduce((product, dim) => product * dim, 1)
  const mean = (value: Value): Value => scale(reduceSum(value, axes, true), 1 / count)
  const centred = sub(x!, mean(x!))
  const deviation = sqrt(add(mean(mul(centred, centred)), scalarLike(x!, node.attributes.epsilon as number)))
  const scaled = mul(div(centred, deviation), weight!)
  return b ? add(scaled, b) : scaled
}

/** Pads of every axis: which axes they mean was no input before 18. */
const olderPad: Older = (node, [x, , value]) => {
  const rank = x!.shape.length
  const pads = toNumbers(node.inputs[1]!.constant!)
  const axes = node.inputs[3] ? toNumbers(node.inputs[3].constant!) : x!.shape.map((_, axis) => axis)
  const full = new Array<number>(2 * rank).fill(0)
  axes.forEach((axis, i) => {
    const from = normalizeAxis(axis, rank, node.name)
    full[from] = pads[i]!
    full[from + rank] = pads[i + axes.length]!
  })
  return x!.graph.add(node.op, value ? [x, x!.graph.ints(full), value] : [x, x!.graph.ints(full)], node.attributes)
}

/** By operator name; the Reduce* of 18 share one form. */
export const changes: Readonly<Record<string, Change>> = {
  HardSwish: { since: 14, older: (_, [x]) => mul(x!, hardSigmoid(x!, 1 / 6, 0.5)) },
  LayerNormalization: { since: 17, older: olderLayerNormalization },
  Mish: { since: 18, older: (_, [x]) => mul(x!, tanh(softplus(x!))) },
  Pad: { since: 18, older: olderPad },
  ReduceL2: { since: 18, older: olderReduction },
  ReduceLogSumExp: { since: 18, older: olderReduction },
  ReduceMax: { since: 18, older: olderReduction },
  ReduceMean: { since: 18, older: olderReduction },
  ReduceMin: { since: 18, older: olderReduction },
  ReduceSumSquare: { since: 18, older: olderReduction },
  Gelu: { since: 20, older: olderGelu },
}

/** Choices that an operator got later, and what it did before. */
const laterAttributes: readonly { op: string; attribute: string; before: unknown; since: number }[] = [
  { op: 'Reshape', attribute: 'allowzero', before: 0, since: 14 },
  { op: 'ScatterElements', attribute: 'reduction', before: 'none', since: 16 },
  { op: 'AveragePool', attribute: 'dilations', before: '1,1', since: 19 },
]

/** The same graph for a reader of operator set `opset`. @throws FoveaError naming the layer of what has no older form */
export function forOpset(graph: Graph, opset: number): Graph {
  for (const node of graph.nodes) refuseLaterChoices(node, opset)
  if (!graph.nodes.some(({ op }) => op.domain === '' && (changes[op.name]?.since ?? 0) > opset)) return graph
  const older = rewrite(
    graph,
    (node, inputs, target) => {
      const change = node.op.domain === '' ? changes[node.op.name] : undefined
      if (!change || change.since <= opset) return undefined
      if (node.outputs.length > 1) throw tooNew(node, `${node.op.name} with one output`, opset, change.since)
      return target.within(node.name, () => [change.older(node, inputs)])
    },
    identity,
  )
  // Axes that became attributes are carried along by the copy, and read by nothing now.
  return rewrite(older, undefined, identity)
}

const tooNew = (node: Node, expected: string, opset: number, since: number): FoveaError =>
  new FoveaError({
    where: node.name,
    expected: `${expected} in operator set ${opset}`,
    received: `a form that operator set ${since} brought`,
    fix: `--opset ${since} or later`,
  })

function refuseLaterChoices(node: Node, opset: number): void {
  for (const { op, attribute, before, since } of laterAttributes) {
    const value = node.attributes[attribute]
    const plain = value === undefined || String(value) === String(before)
    if (node.op.domain === '' && node.op.name === op && opset < since && !plain)
      throw tooNew(node, `${op} with ${attribute} ${before}`, opset, since)
  }
  if (node.op.name === 'Pad' && node.attributes.mode === 'wrap' && opset < 19)
    throw tooNew(node, 'Pad of mode constant, reflect or edge', opset, 19)
  if (node.op.name === 'Split' && node.attributes.num_outputs !== undefined && opset < 18)
    throw tooNew(node, 'Split into given sizes', opset, 18)
}
