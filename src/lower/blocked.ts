import type { Graph, Node, Value } from '../onnx/ir.js'
import { Graph as GraphClass } from '../onnx/ir.js'
import { copyNode, liveNodes } from '../onnx/rewrite.js'
import { identity } from '../ops/identity.js'
import { operators } from '../ops/index.js'
import { KeepMask } from '../ops/keep-mask.js'
import { ReduceMax } from '../ops/reduce-max.js'
import { ReduceMean } from '../ops/reduce-mean.js'
import { ReduceSum } from '../ops/reduce-sum.js'
import { Layouts } from './layouts.js'
import type { LayoutRule, LoweringContext } from './rule.js'
import { batchNormalizationChannels, batchNormalizationGradChannels } from './rules/batch-normalization-channels.js'
import { concatBlocked, splitBlocked } from './rules/concat-blocked.js'
import { convBlocked, convDepthwise } from './rules/conv-blocked.js'
import { convGradInputBlocked } from './rules/conv-grad-input-blocked.js'
import { convGradInputDepthwise } from './rules/conv-grad-input-depthwise.js'
import { convGradInputStrided } from './rules/conv-grad-input-strided.js'
import { convGradWeightBlocked } from './rules/conv-grad-weight-blocked.js'
import { convGradWeightColumns } from './rules/conv-grad-weight-columns.js'
import { convGradWeightDepthwise } from './rules/conv-grad-weight-depthwise.js'
import { convGradWeightPointwise } from './rules/conv-grad-weight-pointwise.js'
import { convGradWeightRows } from './rules/conv-grad-weight-rows.js'
import { convGradInputWinograd, convGradWeightWinograd, convWinograd } from './rules/conv-winograd.js'
import { maxPoolGradPairs, maxPoolPairs } from './rules/max-pool-pairs.js'
import { anyOrder, pointwise } from './rules/pointwise.js'
import { averagePoolGradBlocked, poolingBlocked } from './rules/pooling-blocked.js'
import { expandPixels, reductionPixels, sumPerChannel } from './rules/reductions.js'

/** Tried in this order for each node; the first that does not refuse has it. */
export const blockedRules: readonly LayoutRule[] = [
  convWinograd,
  convGradInputWinograd,
  convGradWeightWinograd,
  convDepthwise,
  convGradInputDepthwise,
  convGradWeightDepthwise,
  convBlocked,
  convGradInputBlocked,
  convGradInputStrided,
  convGradWeightColumns,
  convGradWeightPointwise,
  convGradWeightBlocked,
  convGradWeightRows,
  maxPoolPairs,
  maxPoolGradPairs,
  poolingBlocked,
  averagePoolGradBlocked,
  concatBlocked,
  splitBlocked,
  batchNormalizationChannels,
  batchNormalizationGradChannels,
  sumPerChannel,
  reductionPixels([ReduceMax, ReduceMean, ReduceSum]),
  expandPixels,
  anyOrder(KeepMask),
  pointwise(operators),
]

export interface Refused {
  node: string
  rule: string
  reason: string
}

/** The same graph with its images in blocked order wherever a rule has a form for it. */
export function lowerToBlocked(
  source: Graph,
  block: number,
  rules = blockedRules,
): { graph: Graph; refused: Refused[] } {
  const target = new GraphClass(source.name)
  const layouts = new Layouts(target, block)
  const nodes = liveNodes(source)
  const readers = readersOf(nodes)
  const consumed = new Set<Node>()
  const refused: Refused[] = []
  const context: LoweringContext = {
    source,
    target,
    layouts,
    shared: new Map(),
    uses: value => readers.get(value) ?? [],
    isOutput: value => source.outputs.includes(value),
    consume: node => consumed.add(node),
  }
  for (const input of source.inputs) layouts.set(input, 'plain', target.input(input.name, input.dtype, input.shape))
  for (const node of nodes) if (!consumed.has(node)) lowerNode(node, context, rules, refused)
  for (const output of source.outputs) {
    const image = layouts.get(output, 'plain')
    const own = image.producer && !target.outputs.includes(image) ? image : identity(image)
    target.output(own, output.name)
  }
  return { graph: target, refused }
}

function lowerNode(node: Node, context: LoweringContext, rules: readonly LayoutRule[], refused: Refused[]): void {
  const { layouts, target } = context
  for (const rule of rules) {
    if (!rule.ops.includes(node.op)) continue
    const reason = target.within(node.name, () => rule.apply(node, context))
    if (reason === undefined) return
    refused.push({ node: node.name, rule: rule.name, reason })
  }
  const images = copyNode(
    node,
    node.inputs.map(input => input && layouts.get(input, 'plain')),
    target,
  )
  node.outputs.forEach((output, i) => {
    layouts.set(output, 'plain', images[i]!)
  })
}

function readersOf(nodes: readonly Node[]): Map<Value, Node[]> {
  const readers = new Map<Value, Node[]>()
  for (const node of nodes)
    for (const input of node.inputs) {
      if (!input) continue
      const known = readers.get(input)
      if (known) known.push(node)
      else readers.set(input, [node])
    }
  return readers
}
