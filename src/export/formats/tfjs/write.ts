import type { Classifier } from '../../../classifier/classifier.js'
import { specialize } from '../../../lower/specialize.js'
import type { Graph } from '../../../onnx/ir.js'
import { decodeModel } from '../../../onnx/protobuf/index.js'
import { operators } from '../../../ops/index.js'
import { channelsLast } from '../../channels-last/index.js'
import type { ExportedFile, WriteOptions } from '../../format.js'
import { GraphBuilder, typeOf } from './builder.js'
import { tfShape } from './graph-def.js'
import { emitterOf } from './operators.js'
import { shardWeights } from './weights.js'

/** Producer version of GraphDefs that these operators have been in for years. */
const GRAPH_DEF_VERSION = 1645

/**
 * A TensorFlow.js graph model: `images` int32 [N, H, W, C] of 0..255, as `tf.browser.fromPixels` gives them ->
 * `probabilities` float32 [N, K]; pre-processing inside. model.json and shards of weights.
 */
export async function writeTfjs(classifier: Classifier, options: WriteOptions): Promise<ExportedFile[]> {
  const decoded = decodeModel(classifier.model, { operators }).graph
  const named = decoded.inputs[0]!.shape[0]!
  const { fixedBatch } = options
  const sized =
    fixedBatch === undefined || typeof named === 'number' ? decoded : specialize(decoded, { [named]: fixedBatch })
  const graph = channelsLast(sized)
  for (const node of graph.nodes) emitterOf(node)
  const builder = buildGraph(graph)
  const { manifest, shards } = shardWeights(builder.weights, options.precision)
  return [
    { path: 'model.json', content: Buffer.from(JSON.stringify(modelJson(classifier, graph, builder, manifest))) },
    ...shards,
  ]
}

function buildGraph(graph: Graph): GraphBuilder {
  const builder = new GraphBuilder()
  for (const output of graph.outputs) builder.name(output.name)
  for (const input of graph.inputs)
    builder.set(
      input,
      builder.add(input.name, 'Placeholder', [], {
        dtype: { type: typeOf(input.dtype, input.name) },
        shape: { shape: tfShape(input.shape) },
      }),
    )
  for (const node of graph.nodes) {
    const made = emitterOf(node)(node, builder)
    node.outputs.forEach((output, i) => {
      if (made[i] !== undefined) builder.set(output, made[i])
    })
  }
  // Names of outputs are promised to the outside: they were kept free for these.
  for (const output of graph.outputs)
    builder.nodes.push({
      name: output.name,
      op: 'Identity',
      input: [builder.of(output)],
      attr: { T: { type: typeOf(output.dtype, output.name) } },
    })
  return builder
}

function modelJson(
  { classNames, preprocess, provenance }: Classifier,
  graph: Graph,
  { nodes }: GraphBuilder,
  weightsManifest: unknown,
) {
  const tensors = (values: Graph['inputs']) =>
    Object.fromEntries(
      values.map(({ name, dtype, shape }) => [
        name,
        { name: `${name}:0`, dtype: typeOf(dtype, name), tensorShape: tfShape(shape) },
      ]),
    )
  return {
    format: 'graph-model',
    generatedBy: `fovea ${provenance.versions?.fovea ?? ''}`.trim(),
    convertedBy: 'fovea export',
    signature: { inputs: tensors(graph.inputs), outputs: tensors(graph.outputs) },
    userDefinedMetadata: { classNames, provenance, ...(preprocess ? { preprocess } : {}) },
    modelTopology: { node: nodes, library: {}, versions: { producer: GRAPH_DEF_VERSION } },
    weightsManifest,
  }
}
