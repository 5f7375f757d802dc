import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { describe, expect, it } from 'vitest'
import { FoveaError } from '../../core/errors.js'
import { operators } from '../../ops/index.js'
import { decodeModel } from './decode.js'
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  modelTable,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
} from './messages.js'
import { scanModel } from './scan.js'
import { type Draft, messageBytes } from './write-message.js'

/** Every known way to make a reader of ONNX files look outside of them, or fall over. Each is planted, and caught. */
const outside = (location: string): Draft<TensorProto> => ({
  name: 'w',
  data_type: 1,
  dims: [1],
  data_location: 1,
  external_data: [{ key: 'location', value: location }],
})
const inside: Draft<TensorProto> = { name: 'w', data_type: 1, dims: [1], raw_data: new Uint8Array(4) }
const file = (graph: Draft<GraphProto>, more: Draft<ModelProto> = {}): Uint8Array =>
  messageBytes(modelTable, { ir_version: 9, opset_import: [{ version: 20 }], graph, ...more })
const withAttribute = (attribute: Draft<AttributeProto>, op_type = 'Constant'): Uint8Array =>
  file({ node: [{ op_type, output: ['w'], attribute: [attribute] }] })
const sparse = (part: 'values' | 'indices'): Draft<SparseTensorProto> => ({
  values: inside,
  indices: { ...inside, data_type: 7, raw_data: new Uint8Array(8) },
  dims: [1],
  [part]: outside('/etc/passwd'),
})
const inNode = (tensor: Draft<TensorProto>): Draft<NodeProto> => ({
  op_type: 'Constant',
  output: ['c'],
  attribute: [{ name: 'value', type: 4, t: tensor }],
})

const external: Record<string, Uint8Array> = {
  'CVE-2022-25882, parent folder': file({ initializer: [outside('../../etc/passwd')] }),
  'CVE-2024-27318, a/../b': file({ initializer: [outside('a/../../b')] }),
  'CVE-2026-27489, -34446, -34447: links behind a plain name': file({ initializer: [outside('weights.bin')] }),
  'absolute path': file({ initializer: [outside('/etc/passwd')] }),
  'location without the flag': file({ initializer: [{ ...outside('w.bin'), data_location: 0 }] }),
  'flag without a location': file({ initializer: [{ ...inside, data_location: 1 }] }),
  'unknown storage': file({ initializer: [{ ...inside, data_location: 7 }] }),
  'Constant value': file({ node: [inNode(outside('/etc/passwd'))] }),
  'sparse initializer, values': file({ sparse_initializer: [sparse('values')] }),
  'sparse initializer, indices': file({ sparse_initializer: [sparse('indices')] }),
  'Constant sparse_value': withAttribute({ name: 'sparse_value', type: 11, sparse_tensor: sparse('values') }),
  'list of tensors': withAttribute({ name: 'x', type: 9, tensors: [inside, outside('/etc/passwd')] }, 'Relu'),
  'list of sparse tensors': withAttribute({ name: 'x', type: 12, sparse_tensors: [sparse('indices')] }, 'Relu'),
  'attribute of another declared type': withAttribute({ name: 'value_int', type: 2, i: 1, t: outside('/etc/passwd') }),
  'subgraph initializer': withAttribute({ name: 'then_branch', type: 5, g: { initializer: [outside('/e')] } }, 'If'),
  'subgraph of a subgraph': withAttribute(
    { name: 'body', type: 10, graphs: [{ node: [{ attribute: [{ g: { node: [inNode(outside('/e'))] } }] }] }] },
    'Loop',
  ),
  'local function': file({}, { functions: [{ name: 'f', node: [inNode(outside('/etc/passwd'))] }] }),
  'default attribute of a function': file(
    {},
    { functions: [{ name: 'f', attribute_proto: [{ name: 'value', t: outside('/etc/passwd') }] }] },
  ),
  'training information': file({}, { training_info: [{ algorithm: { initializer: [outside('/etc/passwd')] } }] }),
}

const dims = (...values: number[]): Uint8Array => file({ initializer: [{ ...inside, dims: values }] })
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))

/** Messages that contain themselves `depth` times: seven bytes a level. */
function nested(depth: number): Uint8Array {
  let graph: Uint8Array = new Uint8Array(0)
  for (let i = 0; i < depth; i++) {
    const attribute = new BinaryWriter()
      .uint32((6 << 3) | 2)
      .bytes(graph)
      .finish()
    const node = new BinaryWriter()
      .uint32((5 << 3) | 2)
      .bytes(attribute)
      .finish()
    graph = new BinaryWriter()
      .uint32((1 << 3) | 2)
      .bytes(node)
      .finish()
  }
  return new BinaryWriter()
    .uint32((7 << 3) | 2)
    .bytes(graph)
    .finish()
}

const damaged: Record<string, [Uint8Array, string]> = {
  'no bytes': [new Uint8Array(0), 'expected a model, received no bytes'],
  text: [new TextEncoder().encode('<html>not found</html>'), 'ONNX file'],
  'no graph': [messageBytes(modelTable, { ir_version: 9 }), 'a graph, received a model without one'],
  'cut short': [file({ initializer: [inside] }).subarray(0, 10), 'ONNX file'],
  'ORTM polyglot: valid ONNX that the runtime would read as its other format': [
    join(messageBytes(modelTable, { producer_name: 'xxORTM' }), file({})),
    "one in ONNX Runtime's own (ORTM)",
  ],
  'a second graph that merges into the first': [
    join(file({ name: 'a' }), messageBytes(modelTable, { graph: { initializer: [inside] } })),
    'ONNX file, graph: expected a field that is given once, received it twice',
  ],
  'field unknown to the standard': [
    join(file({}), Uint8Array.of(0xfa, 0x07, 0)),
    'fields of ModelProto, received field 127',
  ],
  'nesting bomb': [nested(3000), 'at most 32 levels'],
  groups: [new Uint8Array(4000).fill(0x3b), 'wire type'],
  'length beyond the end': [Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f), 'a length of 4294967295 bytes'],
  'negative dimension': [dims(-1), 'dimensions from 0 up, received [-1]'],
  'shape bomb (as CVE-2026-0897)': [dims(2 ** 40, 2 ** 40), 'a size that exists'],
  'shape bomb that overflows 64 bits': [dims(2 ** 32, 2 ** 32, 2 ** 32, 2 ** 32), 'a size that exists'],
  'shape bomb within reach': [dims(2 ** 31), 'expected 8589934592 bytes for FLOAT[2147483648], received 4'],
  'zero beside a negative': [dims(0, -5), 'dimensions from 0 up'],
  'rank bomb': [dims(...new Array<number>(1000).fill(1)), 'at most 32 dimensions, received 1000'],
  'data without dimensions to match': [dims(3), 'expected 12 bytes for FLOAT[3], received 4'],
  'segmented tensor': [file({ initializer: [{ ...inside, segment: { begin: 0, end: 1 } }] }), 'a tensor in one piece'],
  'raw and typed data': [
    file({ initializer: [{ ...inside, float_data: Float32Array.of(1) }] }),
    'raw data or typed data, received both',
  ],
  'typed data of another type': [
    file({ initializer: [{ data_type: 1, dims: [1], int32_data: Int32Array.of(1) }] }),
    'float_data for FLOAT, received int32_data',
  ],
  'unknown element type': [
    file({ initializer: [{ ...inside, data_type: 99 }] }),
    'an element type, received number 99',
  ],
  'sparse tensor inside the file (as CVE-2022-23560)': [
    file({ sparse_initializer: [{ values: inside, dims: [1] }] }),
    'dense tensors, received a sparse tensor',
  ],
  'text that is not UTF-8': [
    join(Uint8Array.of(0x12, 2, 0xc3, 0x28), file({})),
    'ONNX file, producer_name: expected text in UTF-8, received other bytes',
  ],
}

describe('attacks by ONNX file', () => {
  const readers = { decodeModel: (bytes: Uint8Array) => decodeModel(bytes, { operators }), scanModel }
  for (const [reader, read] of Object.entries(readers)) {
    it.each(Object.entries(external))(`${reader} refuses external data: %s`, (_, bytes) => {
      expect(() => read(bytes)).toThrow(FoveaError)
      expect(() => read(bytes)).toThrow('expected a tensor whose bytes are in the file, received external data')
    })
    it.each(Object.entries(damaged))(`${reader} refuses: %s`, (_, [bytes, message]) => {
      expect(() => read(bytes)).toThrow(FoveaError)
      expect(() => read(bytes)).toThrow(message)
    })
  }

  it('names the place and the path of external data', () => {
    expect(() => scanModel(external['CVE-2022-25882, parent folder']!)).toThrow(
      "ONNX file, graph.initializer[0]: expected a tensor whose bytes are in the file, received external data of 'w' " +
        "at '../../etc/passwd'. Fix: save the model as one file, with its weights inside",
    )
  })

  it.each<[string, Uint8Array, string]>([
    ['subgraph', withAttribute({ name: 'body', type: 5, g: {} }, 'Relu'), "a subgraph in attribute 'body' of Relu"],
    ['function', file({}, { functions: [{ name: 'f', domain: 'd' }] }), "function f of domain 'd'"],
    ['training', file({}, { training_info: [{}] }), 'an inference model, received training information'],
    [
      'sequence',
      file({ input: [{ name: 's', type: { sequence_type: { elem_type: { tensor_type: { elem_type: 1 } } } } }] }),
      "value 's': expected a tensor, received sequence",
    ],
  ])('decodeModel refuses what it has no meaning for: %s', (_, bytes, message) => {
    expect(() => decodeModel(bytes, { operators })).toThrow(message)
    expect(scanModel(bytes).irVersion).toBe(9)
  })

  it('scanModel refuses operators that open files, at any depth', () => {
    const hidden = { op_type: 'EPContext', domain: 'com.microsoft', name: 'n' }
    const bytes = file({ node: [{ op_type: 'If', attribute: [{ name: 'then_branch', g: { node: [hidden] } }] }] })
    expect(() => scanModel(bytes)).toThrow('com.microsoft:EPContext, which opens files')
  })

  it('refuses files beyond the limits', () => {
    const many = file({ node: Array.from({ length: 50 }, () => ({ op_type: 'Relu' })) })
    expect(() => scanModel(many, { nodes: 49 })).toThrow('at most 49 nodes')
    expect(() => scanModel(many, { items: 60 })).toThrow("at most 60 (limit 'items')")
    expect(() => scanModel(many, { text: 100 })).toThrow("at most 100 (limit 'text')")
    expect(() => scanModel(many, { bytes: 100 })).toThrow('at most 100 bytes')
    expect(() => scanModel(withAttribute({ ints: [1, 2, 3, 4] }), { numbers: 3 })).toThrow(
      "at most 3 (limit 'numbers')",
    )
  })

  it('a million empty messages stop at the limit, not at the end of memory', () => {
    const empty = new Uint8Array(3_000_000)
    for (let i = 0; i < empty.length; i += 2) empty[i] = 0x0a
    const bytes = new BinaryWriter()
      .uint32((7 << 3) | 2)
      .bytes(empty)
      .finish()
    expect(() => scanModel(bytes)).toThrow("at most 1000000 (limit 'items')")
  })
})
