import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { onnxNumberOf } from '../../core/dtype.js'
import { FoveaError } from '../../core/errors.js'
import { bytesOf, type Tensor } from '../../core/tensor.js'
import type { Graph, Node, Value } from '../ir.js'
import type { AttributeSpec, AttributeValue } from '../operator.js'
import { checkOpset, defaultOpset, irVersionOf, opsetImports } from '../opset.js'
import {
  type AttributeProto,
  attributeTypes,
  graphTable,
  type ModelProto,
  modelTable,
  type NodeProto,
  type TensorProto,
  tensorTable,
  type ValueInfoProto,
} from './messages.js'
import { type Draft, messageBytes } from './write-message.js'

export interface EncodeOptions {
  /** Version of the standard operator set (default 20). */
  opset?: number
  /** Version of the file format (default: the one that came with the operator set). */
  irVersion?: number
  /** Default 'fovea'. */
  producerName?: string
  producerVersion?: string
  docString?: string
  /** Written as `metadata_props`, in the order given. */
  metadata?: Readonly<Record<string, string>>
}

/** Above this a protobuf message cannot be read back by any reader in use. */
const LARGEST_FILE = 2 ** 31 - 1
/** Weights smaller than this are copied beside their header, so that the list of chunks stays short. */
const SMALL = 4096

const utf8 = new TextEncoder()

/** The ONNX file of `graph`. Equal graphs give equal bytes. */
export function encodeModel(graph: Graph, options: EncodeOptions = {}): Uint8Array {
  const chunks = encodeModelChunks(graph, options)
  const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    file.set(chunk, offset)
    offset += chunk.length
  }
  return file
}

/** The same file in pieces, for `fs.writev` or hashing: large weights are views of the tensors, not copies. */
export function encodeModelChunks(graph: Graph, options: EncodeOptions = {}): Uint8Array[] {
  const { opset = defaultOpset, producerName = 'fovea' } = options
  checkOpset(opset, `encoding of graph '${graph.name}'`)
  const { irVersion = irVersionOf(opset) } = options
  const body = graphChunks(graph)
  const length = body.reduce((sum, chunk) => sum + chunk.length, 0)
  const head = messageBytes(modelTable, {
    ir_version: irVersion,
    producer_name: producerName,
    producer_version: options.producerVersion || undefined,
    doc_string: options.docString || undefined,
  } satisfies Draft<ModelProto>)
  const imports = opsetImports(
    graph.nodes.map(node => node.op),
    opset,
  )
  const tail = messageBytes(modelTable, {
    opset_import: [...imports].map(([domain, version]) => ({ domain, version })),
    metadata_props: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
  } satisfies Draft<ModelProto>)
  const graphHead = new BinaryWriter().tag(modelTable.byName('graph').number, WireType.LengthDelimited).uint32(length)
  const overhead = head.length + tail.length + 16
  if (length + overhead > LARGEST_FILE)
    throw new FoveaError({
      where: `encoding of graph '${graph.name}'`,
      expected: 'a file below 2 GiB, the limit of the format',
      received: `${length + overhead} bytes`,
    })
  return [head, graphHead.finish(), ...body, tail]
}

/** The fields of GraphProto, in the order of their numbers; weights stay outside of the writer. */
function graphChunks(graph: Graph): Uint8Array[] {
  const chunks = [messageBytes(graphTable, { node: graph.nodes.map(nodeProto), name: graph.name })]
  const initializer = graphTable.byName('initializer').number
  let writer = new BinaryWriter()
  for (const [value, held] of graph.initializers) {
    const { raw_data, ...header } = tensorProto(held, value.name)
    const start = new BinaryWriter()
      .raw(messageBytes(tensorTable, header))
      .tag(tensorTable.byName('raw_data').number, WireType.LengthDelimited)
      .uint32(raw_data.length)
      .finish()
    writer
      .tag(initializer, WireType.LengthDelimited)
      .uint32(start.length + raw_data.length)
      .raw(start)
    if (raw_data.length < SMALL) writer.raw(raw_data)
    else {
      chunks.push(writer.finish(), raw_data)
      writer = new BinaryWriter()
    }
  }
  chunks.push(writer.finish())
  chunks.push(messageBytes(graphTable, { input: graph.inputs.map(valueInfo), output: graph.outputs.map(valueInfo) }))
  return chunks.filter(chunk => chunk.length > 0)
}

const tensorProto = (held: Tensor, name?: string) =>
  ({
    dims: [...held.shape],
    data_type: onnxNumberOf(held.dtype),
    name,
    raw_data: bytesOf(held),
  }) satisfies Draft<TensorProto>

const valueInfo = ({ name, dtype, shape }: Value): Draft<ValueInfoProto> => ({
  name,
  type: {
    tensor_type: {
      elem_type: onnxNumberOf(dtype),
      shape: { dim: shape.map(dim => (typeof dim === 'number' ? { dim_value: dim } : { dim_param: dim })) },
    },
  },
})

function nodeProto(node: Node): Draft<NodeProto> {
  if (node.op.domain === 'fovea')
    throw new FoveaError({
      where: node.name,
      expected: 'operators that a file can hold',
      received: `the composite ${node.op.name}`,
      fix: 'expand composites before the graph is encoded',
    })
  const input = node.inputs.map(value => value?.name ?? '')
  while (input.length && input.at(-1) === '') input.pop()
  return {
    input,
    output: node.outputs.map(value => value.name),
    name: node.name,
    op_type: node.op.name,
    attribute: Object.entries(node.op.attributes).flatMap(([name, spec]) => {
      const value = node.attributes[name]
      return value === undefined || sameAttribute(value, spec.default) ? [] : [attributeProto(name, spec, value)]
    }),
    domain: node.op.domain || undefined,
  }
}

/** Standard defaults are not written: readers know them, and older operator sets may not know the attribute. */
function sameAttribute(a: AttributeValue, b: AttributeValue | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => Object.is(x, b[i]))
  return Object.is(a, b)
}

function attributeProto(name: string, { type }: AttributeSpec, value: AttributeValue): Draft<AttributeProto> {
  switch (type) {
    case 'int':
      return { name, i: value as number, type: attributeTypes.INT }
    case 'float':
      return { name, f: value as number, type: attributeTypes.FLOAT }
    case 'string':
      return { name, s: utf8.encode(value as string), type: attributeTypes.STRING }
    case 'ints':
      return { name, ints: value as number[], type: attributeTypes.INTS }
    case 'floats':
      return { name, floats: Float32Array.from(value as number[]), type: attributeTypes.FLOATS }
    case 'tensor':
      return { name, t: tensorProto(value as Tensor), type: attributeTypes.TENSOR }
  }
}
