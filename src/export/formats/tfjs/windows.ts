import { tensor } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import { taken } from '../../channels-last/constants.js'
import type { GraphBuilder } from './builder.js'
import { integers, type TfAttribute, text } from './graph-def.js'
import { type Emit, withBias } from './operators.js'

const windowOf = ({ attributes }: Node): Record<string, TfAttribute> => ({
  T: { type: 'DT_FLOAT' },
  strides: integers([1, ...(attributes.strides as number[]), 1]),
  padding: text(attributes.padding as string),
  data_format: text('NHWC'),
})

const dilationsOf = ({ attributes }: Node): TfAttribute => integers([1, ...(attributes.dilations as number[]), 1])

const pooling =
  (op: string): Emit =>
  (node, graph) => [
    graph.add(node.name, op, [graph.of(node.inputs[0]!)], {
      ...windowOf(node),
      ksize: integers([1, ...(node.attributes.kernel_shape as number[]), 1]),
    }),
  ]

export const averagePools = pooling('AvgPool')
export const maxPools = pooling('MaxPool')

/** One group: Conv2D. A group per channel: depthwise. Between them TensorFlow.js has none: one Conv2D per group. */
export const convolutions: Emit = (node, graph) => {
  const [x, filter, bias] = node.inputs as [Value, Value, Value?]
  const group = node.attributes.group as number
  const attributes = { ...windowOf(node), dilations: dilationsOf(node) }
  if (group === 1)
    return [withBias(node, graph, graph.add(node.name, 'Conv2D', [graph.of(x), graph.of(filter)], attributes), bias)]
  const y = group === x.shape[3] ? depthwise(node, graph, attributes) : grouped(node, graph, group, attributes)
  return [withBias(node, graph, y, bias)]
}

/** Filter [kh, kw, 1, C · m] with m filters of a channel side by side, as [kh, kw, C, m]: the same bytes. */
function depthwise(node: Node, graph: GraphBuilder, attributes: Record<string, TfAttribute>): string {
  const [x, filter] = node.inputs as [Value, Value]
  const held = filter.constant!
  const [kh, kw, , filters] = held.shape as [number, number, number, number]
  const channels = x.shape[3] as number
  const own = graph.constant(filter.name, tensor(held.dtype, [kh, kw, channels, filters / channels], held.data))
  return graph.add(node.name, 'DepthwiseConv2dNative', [graph.of(x), own], attributes)
}

function grouped(node: Node, graph: GraphBuilder, group: number, attributes: Record<string, TfAttribute>): string {
  const [x, filter] = node.inputs as [Value, Value]
  const held = filter.constant!
  const [channels, filters] = [(x.shape[3] as number) / group, held.shape[3]! / group]
  const axis = graph.ints([3], [])
  const pieces = graph.add(
    `${node.name}/split`,
    'SplitV',
    [graph.of(x), graph.ints(new Array<number>(group).fill(channels)), axis],
    { num_split: { i: String(group) } },
  )
  const results = Array.from({ length: group }, (_, g) => {
    const own = taken(
      held,
      Array.from({ length: filters }, (_, k) => g * filters + k),
      3,
    )
    const kernel = graph.constant(`${filter.name}/${g}`, own)
    return graph.add(`${node.name}/${g}`, 'Conv2D', [g === 0 ? pieces : `${pieces}:${g}`, kernel], attributes)
  })
  return graph.add(`${node.name}/concat`, 'ConcatV2', [...results, axis], { N: { i: String(group) } })
}

export const transposedConvolutions: Emit = (node, graph) => {
  const [x, filter, bias] = node.inputs as [Value, Value, Value?]
  const batch = typeof x.shape[0] === 'number' ? x.shape[0] : -1
  const size = [batch, ...(node.attributes.output_size as number[]), filter.shape[2] as number]
  const y = graph.add(
    node.name,
    'Conv2DBackpropInput',
    [graph.ints(size), graph.of(filter), graph.of(x)],
    windowOf(node),
  )
  return [withBias(node, graph, y, bias)]
}
