import { FoveaError } from '../../core/errors.js'
import type { Graph, Node } from '../../onnx/ir.js'
import { liveNodes } from '../../onnx/rewrite.js'
import { identity } from '../../ops/identity.js'
import { CHANNELS_LAST } from './ops/windows.js'
import { natural } from './placed.js'
import {
  argMaxes,
  concats,
  expands,
  gathers,
  globalAveragePools,
  pads,
  reductions,
  slices,
  softmaxes,
  splits,
  tiles,
} from './rules/axes.js'
import { identityRule, pointwise } from './rules/pointwise.js'
import { batchNormalizations, gemms, matMuls } from './rules/products.js'
import { reshapes, transposes } from './rules/shapes.js'
import { transposedConvolutions } from './rules/transposed-convolutions.js'
import { averagePools, convolutions, maxPools } from './rules/windows.js'
import { inexpressible, type Rule, Target } from './target.js'

/** The rule of every operator that is not pointwise. */
export const rules: Readonly<Record<string, Rule>> = {
  ArgMax: argMaxes,
  AveragePool: averagePools,
  BatchNormalization: batchNormalizations,
  Concat: concats,
  Conv: convolutions,
  ConvTranspose: transposedConvolutions,
  Expand: expands,
  Flatten: reshapes,
  Gather: gathers,
  Gemm: gemms,
  GlobalAveragePool: globalAveragePools,
  Identity: identityRule,
  LogSoftmax: softmaxes,
  MatMul: matMuls,
  MaxPool: maxPools,
  Pad: pads,
  ReduceMax: reductions,
  ReduceMean: reductions,
  ReduceMin: reductions,
  ReduceSum: reductions,
  Reshape: reshapes,
  Slice: slices,
  Softmax: softmaxes,
  Split: splits,
  Squeeze: reshapes,
  Tile: tiles,
  Transpose: transposes,
  Unsqueeze: reshapes,
}

const ruleOf = (node: Node): Rule => {
  const rule = rules[node.op.name] ?? (node.op.pointwise ? pointwise : undefined)
  if (rule && node.op.domain === '') return rule
  throw inexpressible(node, 'an operator that the channels-last formats have', node.op.name)
}

/**
 * The same function with the channels in the last axis: images [N, H, W, C] in, the outputs in their own order out.
 * Every value keeps the memory order in which it is made; a Transpose stands only where a reader needs another one.
 * Operators: the standard's pointwise and axis operators, and those of `ops/`. Batch normalisation becomes one factor
 * and one term per channel (see fold-affine). @throws FoveaError naming the layer of an operator that has no rule.
 */
export function toChannelsLast(source: Graph): Graph {
  const nodes = liveNodes(source)
  for (const node of nodes) ruleOf(node)
  const target = new Target(source, nodes)
  for (const input of source.inputs) {
    const order = input.shape.length === 4 ? CHANNELS_LAST : natural(input.shape.length)
    const shape = order.map(axis => input.shape[axis]!)
    target.place(input, { value: target.graph.input(input.name, input.dtype, shape), order })
  }
  for (const node of nodes) {
    const placed = ruleOf(node)(node, target)
    node.outputs.forEach((output, i) => {
      if (placed[i]) target.place(output, placed[i])
    })
  }
  for (const output of source.outputs) {
    if (output.constant)
      throw new FoveaError({
        where: output.name,
        expected: 'an output that depends on the images',
        received: 'a constant',
      })
    const value = target.in(output, natural(output.shape.length))
    const reusable = value.producer !== undefined && !target.graph.outputs.includes(value)
    target.graph.output(reusable ? value : identity(value), output.name)
  }
  return target.graph
}
