import { onnxNumberOf } from '../../../core/dtype.js'
import { FoveaError } from '../../../core/errors.js'
import { float16Bits } from '../../../core/float16.js'
import { type Tensor, tensor } from '../../../core/tensor.js'
import type { Graph, Node, Value } from '../../../onnx/ir.js'
import { liveNodes, rewrite } from '../../../onnx/rewrite.js'
import { Cast, cast } from '../../../ops/cast.js'
import { identity } from '../../../ops/identity.js'
import { Softmax } from '../../../ops/softmax.js'

const LARGEST = 65504

/**
 * The network in float16: weights and compute. Both ends stay float32, where a byte's scale and a probability's last
 * digits would be lost for a few numbers' worth of memory: pixel by pixel up to the first layer (the pre-processing),
 * and after the last one (bias, softmax, mean of views). Images come in and probabilities leave as before.
 */
export function halfPrecision(graph: Graph): Graph {
  const wide = wideNodes(graph)
  const constants = new Map<Value, Value>()
  const halved = rewrite(
    graph,
    (node, inputs, target) => {
      const want = wide.has(node) ? 'float32' : 'float16'
      const converted = inputs.map((input, i) => {
        const held = node.inputs[i]?.constant
        if (want === 'float16' && held?.dtype === 'float32')
          return constantOf(node.inputs[i]!, held, node, target, constants)
        const other = want === 'float16' ? 'float32' : 'float16'
        return input?.dtype === other ? cast(input, want) : input
      })
      const attributes =
        node.op === Cast && want === 'float16' && node.attributes.to === onnxNumberOf('float32')
          ? { to: onnxNumberOf('float16') }
          : node.attributes
      const outputs = target.addMany(node.op, converted, attributes, {
        outputs: node.outputs.length,
        name: node.name,
      })
      return outputs.map((output, i) => {
        const promised = node.outputs[i]!
        return graph.outputs.includes(promised) ? cast(output, promised.dtype) : output
      })
    },
    identity,
  )
  // The float32 weights are carried along by the copy, and read by nothing now.
  return rewrite(halved, undefined, identity)
}

function constantOf(value: Value, held: Tensor, node: Node, target: Graph, known: Map<Value, Value>): Value {
  const before = known.get(value)
  if (before) return before
  const largest = (held.data as Float32Array).reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  if (!(largest <= LARGEST))
    throw new FoveaError({
      where: node.name,
      expected: `weights of at most ${LARGEST}, the largest float16`,
      received: `${largest} in '${value.name}'`,
      fix: '--precision fp32',
    })
  const bits = Uint16Array.from(held.data as Float32Array, float16Bits)
  const made = target.initializer(`${value.name}/float16`, tensor('float16', held.shape, bits))
  known.set(value, made)
  return made
}

/** Nodes that stay float32: from the images and from the outputs, as far as pixels and classes do not mix in a layer. */
function wideNodes(graph: Graph): Set<Node> {
  const wide = new Set<Node>()
  const fromImages = new Set<Value>(graph.inputs)
  const nodes = liveNodes(graph)
  for (const node of nodes) {
    const own = node.inputs.filter((input): input is Value => input !== undefined && input.constant === undefined)
    if (!node.op.pointwise || own.length === 0 || !own.every(input => fromImages.has(input))) continue
    wide.add(node)
    for (const output of node.outputs) fromImages.add(output)
  }
  const readers = new Map<Value, Node[]>()
  for (const node of nodes)
    for (const input of node.inputs) if (input) readers.set(input, [...(readers.get(input) ?? []), node])
  for (const node of nodes.toReversed()) {
    const onlyOutwards = node.outputs.every(output =>
      (readers.get(output) ?? []).every(reader => wide.has(reader) && !fromImages.has(reader.outputs[0]!)),
    )
    if (onlyOutwards && (node.op.pointwise || node.op === Softmax)) wide.add(node)
  }
  return wide
}
