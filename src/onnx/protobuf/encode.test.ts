import { describe, expect, it } from 'vitest'
import { type DType, dtypes } from '../../core/dtype.js'
import { float32, int64, tensor } from '../../core/tensor.js'
import { operators } from '../../ops/index.js'
import { Graph } from '../ir.js'
import { type AttributeValue, defineOp, type OpDefinition } from '../operator.js'
import { decodeModel } from './decode.js'
import { encodeModel, encodeModelChunks } from './encode.js'

const op = (name: string): OpDefinition => operators.find(known => known.name === name && known.domain === '')!

/** Every attribute type, two optional inputs; as a vendor operator it also needs a second domain. */
const Everything = defineOp({
  name: 'Everything',
  domain: 'com.microsoft.nchwc',
  attributes: {
    count: { type: 'int', default: 3 },
    ratio: { type: 'float' },
    mode: { type: 'string', default: 'fast' },
    axes: { type: 'ints' },
    scales: { type: 'floats', optional: true },
    table: { type: 'tensor', optional: true },
  },
  arity: [1, 3],
  infer: ({ types }) => [types[0]!],
  vjp: 'zero',
})

const everything = (attributes: Record<string, AttributeValue>, inputs: 'none' | 'last' = 'none'): Graph => {
  const graph = new Graph('everything')
  const x = graph.input('x', 'float32', ['N', 4])
  const third = inputs === 'last' ? graph.initializer('third', float32([1, 2])) : undefined
  graph.output(graph.add(Everything, [x, undefined, third], attributes), 'y')
  return graph
}

const roundTrip = (graph: Graph, more: readonly OpDefinition[] = []) => {
  const file = encodeModel(graph)
  const decoded = decodeModel(file, { operators: [...operators, ...more] })
  return { file, decoded, again: encodeModel(decoded.graph, decoded) }
}

describe('encodeModel', () => {
  it('writes every attribute type and gives them back, with the same bytes again', () => {
    const table = tensor('int8', [2, 2], Int8Array.of(-1, 0, 1, 127))
    const given = { count: -7, ratio: 0.5, mode: 'größer', axes: [0, -1, 2 ** 40], scales: [0.25, -1e-3], table }
    const { file, decoded, again } = roundTrip(everything(given, 'last'), [Everything])
    const [node] = decoded.graph.nodes
    expect(node!.attributes).toEqual({ ...given, scales: [0.25, Math.fround(-1e-3)] })
    expect(node!.inputs.map(input => input?.name)).toEqual(['x', undefined, 'third'])
    expect(again).toEqual(file)
  })

  it('leaves out defaults and trailing absent inputs, and fills them when reading', () => {
    const { file, decoded, again } = roundTrip(everything({ ratio: 1, axes: [] }), [Everything])
    expect(decoded.graph.nodes[0]!.attributes).toEqual({ count: 3, ratio: 1, mode: 'fast', axes: [] })
    expect(decoded.graph.nodes[0]!.inputs.length).toBe(1)
    expect(new TextDecoder().decode(file)).not.toContain('fast')
    expect(again).toEqual(file)
  })

  it.each(dtypes)('keeps the bits of %s initializers, aligned', (dtype: DType) => {
    const graph = new Graph('dtype')
    const held = tensor(dtype, [3])
    new Uint8Array(held.data.buffer).set(dtype === 'bool' ? [1, 0, 1] : [0, 1, 127])
    graph.output(graph.add(op('Identity'), [graph.initializer('w', held)]), 'y')
    const { decoded } = roundTrip(graph)
    const [read] = [...decoded.graph.initializers.values()]
    expect(read).toEqual(held)
    expect(decoded.graph.outputs[0]!.type).toEqual({ dtype, shape: [3] })
  })

  it('keeps large weights as views of the tensors', () => {
    const graph = new Graph('large')
    const held = tensor('float32', [100, 100], new Float32Array(10_000).fill(1.5))
    graph.output(graph.add(op('Relu'), [graph.initializer('w', held)]), 'y')
    const chunks = encodeModelChunks(graph)
    expect(chunks.some(chunk => chunk.buffer === held.data.buffer)).toBe(true)
    expect(Buffer.concat(chunks).equals(encodeModel(graph))).toBe(true)
  })

  it('writes options and metadata, and reads them', () => {
    const metadata = { labels: '["cat","dog"]', __proto__key: 'ü', empty: '' }
    const file = encodeModel(everything({ ratio: 1, axes: [1] }), {
      opset: 21,
      irVersion: 10,
      producerName: 'test',
      producerVersion: '1.2',
      docString: 'doc',
      metadata,
    })
    const { graph, ...rest } = decodeModel(file, { operators: new Map([['any', Everything]]) })
    expect(graph.name).toBe('everything')
    expect(rest).toEqual({
      opset: 21,
      irVersion: 10,
      producerName: 'test',
      producerVersion: '1.2',
      docString: 'doc',
      metadata,
    })
  })

  it('refuses composites, naming the node', () => {
    const graph = new Graph('composite')
    const x = graph.input('x', 'float32', [2])
    const composite: OpDefinition = { ...Everything, name: 'Positive', domain: 'fovea', attributes: {} }
    graph.output(
      graph.within('layer', () => graph.add(composite, [x])),
      'y',
    )
    expect(() => encodeModel(graph)).toThrow(
      'layer/Positive: expected operators that a file can hold, received the composite Positive. Fix: expand',
    )
  })

  it('refuses an operator set that it cannot read back', () => {
    expect(() => encodeModel(new Graph('g'), { opset: 12 })).toThrow('expected operator set 13 to 26, received 12')
  })

  it('keeps names of outputs that differ from those of their nodes', () => {
    const graph = new Graph('names')
    const x = graph.input('x', 'float32', ['N', 2])
    const y = graph.within('block', () => graph.add(op('Relu'), [graph.add(op('Relu'), [x])]))
    graph.output(graph.add(op('Add'), [y, graph.constant(float32([1, 2]))]), 'scores')
    graph.output(graph.add(op('Reshape'), [x, graph.constant(int64([-1, 1, 2]))]), 'flat')
    const { file, decoded, again } = roundTrip(graph)
    expect(decoded.graph.nodes.map(node => node.name)).toEqual(graph.nodes.map(node => node.name))
    expect(decoded.graph.outputs.map(output => output.name)).toEqual(['scores', 'flat'])
    expect(again).toEqual(file)
  })
})
