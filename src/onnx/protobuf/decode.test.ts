import { describe, expect, it } from 'vitest'
import { toNumbers } from '../../core/tensor.js'
import { operators } from '../../ops/index.js'
import { type DecodedModel, decodeModel } from './decode.js'
import { type ModelProto, modelTable, type NodeProto, type TensorProto, type ValueInfoProto } from './messages.js'
import { type Draft, messageBytes } from './write-message.js'

type Part = Draft<NonNullable<ModelProto['graph']>>

const floats = (name: string, ...dims: (number | string)[]): Draft<ValueInfoProto> => ({
  name,
  type: {
    tensor_type: {
      elem_type: 1,
      shape: { dim: dims.map(dim => (typeof dim === 'string' ? { dim_param: dim } : { dim_value: dim })) },
    },
  },
})
const node = (op_type: string, input: string[], output: string[], more: Draft<NodeProto> = {}): Draft<NodeProto> => ({
  op_type,
  input,
  output,
  ...more,
})

const decode = (graph: Part, model: Draft<ModelProto> = {}): DecodedModel => {
  const whole = { ir_version: 9, opset_import: [{ version: 20 }], graph: { name: 'g', ...graph }, ...model }
  return decodeModel(messageBytes(modelTable, whole), { operators })
}
/** y = Identity(w) */
const weight = (w: Draft<TensorProto>) =>
  decode({ initializer: [{ name: 'w', ...w }], node: [node('Identity', ['w'], ['y'])], output: [{ name: 'y' }] })
const valuesOf = (w: Draft<TensorProto>): number[] => toNumbers([...weight(w).graph.initializers.values()][0]!)

describe('decodeModel: data of tensors', () => {
  it.each<[string, Draft<TensorProto>, number[]]>([
    ['float_data', { data_type: 1, dims: [2], float_data: Float32Array.of(1.5, -2) }, [1.5, -2]],
    ['double_data', { data_type: 11, dims: [1], double_data: Float64Array.of(Math.PI) }, [Math.PI]],
    ['int64_data', { data_type: 7, dims: [2], int64_data: BigInt64Array.of(-5n, 2n ** 40n) }, [-5, 2 ** 40]],
    ['int32_data as int32', { data_type: 6, dims: [2], int32_data: Int32Array.of(-7, 7) }, [-7, 7]],
    ['int32_data as uint8', { data_type: 2, dims: [2], int32_data: Int32Array.of(0, 255) }, [0, 255]],
    ['int32_data as int8', { data_type: 3, dims: [1], int32_data: Int32Array.of(-128) }, [-128]],
    ['int32_data as float16 bits', { data_type: 10, dims: [1], int32_data: Int32Array.of(0x3c00) }, [0x3c00]],
    ['int32_data as bool', { data_type: 9, dims: [2], int32_data: Int32Array.of(0, 2) }, [0, 1]],
    ['raw bool', { data_type: 9, dims: [2], raw_data: Uint8Array.of(0, 7) }, [0, 1]],
    ['no data for no elements', { data_type: 1, dims: [0, 3] }, []],
  ])('%s', (_, proto, expected) => expect(valuesOf(proto)).toEqual(expected))

  it('refuses a value that its type cannot hold', () => {
    expect(() => valuesOf({ data_type: 2, dims: [1], int32_data: Int32Array.of(300) })).toThrow(
      "initializer 'w': expected values of uint8, received 300",
    )
  })

  it('turns Constant nodes into initializers', () => {
    const constants: NonNullable<Draft<NodeProto>['attribute']>[number][] = [
      { name: 'value', type: 4, t: { data_type: 1, dims: [1], float_data: Float32Array.of(9) } },
      { name: 'value_float', type: 1, f: 0.5 },
      { name: 'value_floats', type: 6, floats: Float32Array.of(1, 2) },
      { name: 'value_int', type: 2, i: -3 },
      { name: 'value_ints', type: 7, ints: [4, 5] },
    ]
    const { graph } = decode({
      node: constants.flatMap((attribute, i) => [
        node('Constant', [], [`c${i}`], { attribute: [attribute] }),
        node('Identity', [`c${i}`], [`y${i}`]),
      ]),
      output: constants.map((_, i) => ({ name: `y${i}` })),
    })
    expect([...graph.initializers.values()].map(toNumbers)).toEqual([[9], [0.5], [1, 2], [-3], [4, 5]])
    expect(graph.nodes.length).toBe(5)
    expect(() =>
      decode({ node: [node('Constant', [], ['c'], { attribute: [{ name: 'value_string', s: new Uint8Array(1) }] })] }),
    ).toThrow("node 'c': expected a constant of numbers, received 'value_string'")
  })
})

describe('decodeModel: structure', () => {
  const relu = node('Relu', ['x'], ['h'], { name: 'first' })
  const tail = node('Add', ['h', 'w'], ['y'], { name: 'second' })
  const w: Draft<TensorProto> = { name: 'w', data_type: 1, dims: [2], float_data: Float32Array.of(1, 2) }
  const base: Part = {
    input: [floats('x', 'N', 2)],
    initializer: [w],
    node: [relu, tail],
    output: [floats('y', 'N', 2)],
  }

  it('puts nodes in order', () => {
    const { graph } = decode({ ...base, node: [tail, relu] })
    expect(graph.nodes.map(({ name }) => name)).toEqual(['first', 'second'])
    expect(graph.outputs[0]!.type).toEqual({ dtype: 'float32', shape: ['N', 2] })
  })

  it('reads initializers that old files list as inputs too', () => {
    const { graph } = decode({ ...base, input: [floats('x', 'N', 2), floats('w', 2)] }, { ir_version: 3 })
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x'])
  })

  it('gives unnamed dimensions and nodes names', () => {
    const open = { name: 'x', type: { tensor_type: { elem_type: 1, shape: { dim: [{}, { dim_value: 2 }] } } } }
    const { graph } = decode({
      ...base,
      input: [open],
      node: [
        { ...relu, name: undefined },
        { ...tail, name: 'h' },
      ],
    })
    expect(graph.inputs[0]!.shape).toEqual(['x.0', 2])
    expect(graph.nodes.map(({ name }) => name)).toEqual(['h', 'h_1'])
  })

  it('reads ai.onnx as the standard domain', () => {
    const long = { ...base, node: [relu, { ...tail, domain: 'ai.onnx' }] }
    expect(decode(long, { opset_import: [{ domain: 'ai.onnx', version: 20 }] }).opset).toBe(20)
  })

  it.each<[string, Part, Draft<ModelProto>, string]>([
    ['cycle', { ...base, node: [{ ...relu, input: ['y'] }, tail] }, {}, 'a cycle: first -> second -> first'],
    ['missing input', { ...base, node: [{ ...relu, input: ['z'] }, tail] }, {}, "'z', which nothing computes"],
    ['same output twice', { ...base, node: [relu, { ...tail, output: ['h'] }] }, {}, "'h' twice"],
    ['same initializer twice', { ...base, initializer: [w, w] }, {}, "'w' twice"],
    ['same input twice', { ...base, input: [floats('x', 2), floats('x', 2)] }, {}, "'x' twice"],
    [
      'unknown output',
      { ...base, output: [floats('q')] },
      {},
      "outputs that something computes, each once, received 'q'",
    ],
    ['output twice', { ...base, output: [floats('y', 'N', 2), floats('y', 'N', 2)] }, {}, 'each once'],
    [
      'wrong output type',
      { ...base, output: [floats('y', 'N', 3)] },
      {},
      'declared type float32[N, 3], received float32[N, 2]',
    ],
    [
      'wrong inner type',
      { ...base, value_info: [floats('h', 2)] },
      {},
      "value 'h': expected the declared type float32[2]",
    ],
    ['old operator set', base, { opset_import: [{ version: 9 }] }, 'operator set 13 to 26, received 9'],
    ['no operator set', base, { opset_import: [] }, 'operator set 13 to 26, received 0'],
    ['domain twice', base, { opset_import: [{ version: 20 }, { domain: 'ai.onnx', version: 13 }] }, 'a domain once'],
    ['node without output', { ...base, node: [relu, { ...tail, output: [''] }] }, {}, 'an output, received none'],
    [
      'node without input',
      { ...base, node: [relu, { ...tail, input: ['', 'h'] }] },
      {},
      'input 0 of Add, received none',
    ],
    [
      'unknown attribute',
      { ...base, node: [{ ...relu, attribute: [{ name: 'toString', i: 1 }] }, tail] },
      {},
      "attributes of Relu (none), received 'toString'",
    ],
    ['reserved name', { ...base, input: [floats('__proto__', 2)] }, {}, "a name for an input, received '__proto__'"],
    ['negative dimension', { ...base, input: [floats('x', -1, 2)] }, {}, 'dimensions from 0 up, or named, received -1'],
    ['metadata twice', base, { metadata_props: [{ key: 'a' }, { key: 'a' }] }, "'a' twice"],
  ])('refuses: %s', (_, graph, model, message) => expect(() => decode(graph, model)).toThrow(message))

  it('names what it does not know: operator, domain and node', () => {
    const foreign = { ...tail, op_type: 'FancyConv', domain: 'org.example' }
    expect(() => decode({ ...base, node: [relu, foreign] })).toThrow(
      "ONNX file, node 'second': expected an operator that Fovea knows, received FancyConv of domain 'org.example'",
    )
  })

  it('wraps what a shape rule throws', () => {
    const bad = decodeModel.bind(undefined, messageBytes(modelTable, { opset_import: [{ version: 20 }], graph: base }))
    const infer = (): never => [][1]!['shape' as never]
    expect(() => bad({ operators: operators.map(op => (op.name === 'Relu' ? { ...op, infer } : op)) })).toThrow(
      "node 'first': expected inputs and attributes that Relu can have, received Cannot read",
    )
  })

  it('takes a long chain in its stride', () => {
    const length = 20_000
    const chain = Array.from({ length }, (_, i) => node('Relu', [i ? `h${i - 1}` : 'x'], [`h${i}`])).reverse()
    const { graph } = decode({ input: [floats('x', 2)], node: chain, output: [{ name: `h${length - 1}` }] })
    expect(graph.nodes.length).toBe(length)
  })
})
