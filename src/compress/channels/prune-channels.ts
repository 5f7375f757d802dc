import { messageOf, UsageError } from '../../core/errors.js'
import type { Tensor } from '../../core/tensor.js'
import type { Layer } from '../../nn/scope.js'
import { withWidths } from '../../nn/widths.js'
import { multiplyAdds } from '../multiply-adds.js'
import { type ChannelAnalysis, type ChannelGroup, channelGroups } from './channel-groups.js'
import { chooseChannels } from './choose-channels.js'
import { type Importance, importanceOf } from './importance.js'
import { type NetworkGraph, networkGraph } from './network-graph.js'
import { shapesWithout, widthsWithout } from './remove-channels.js'
import { verifyRemoval, wrongShape } from './verify-removal.js'

export interface ChannelPruning {
  /** The network as it is. */
  layer: Layer
  /** [C, H, W]. */
  inputShape: readonly [number, number, number]
  /** Parameters and statistics. */
  weights: ReadonlyMap<string, Tensor>
  /** Share of the multiply-adds that goes, in (0, 1). */
  sparsity: number
  importance: Importance
  /** What stays of a layer that is narrowed is a multiple of this many channels (default 1). */
  multipleOf?: number
  /** Gradients of some batches at these weights, for 'taylor'. */
  gradients?: () => Promise<readonly ReadonlyMap<string, Tensor>[]>
}

/** What became of the channels of one kind. */
export interface PrunedGroup {
  layers: readonly string[]
  before: number
  after: number
  /** Why none of them could go. */
  held?: string
}

export interface PrunedChannels {
  /** Filters or units that are left, by layer, where fewer are left. */
  widths: Record<string, number>
  weights: Map<string, Tensor>
  groups: PrunedGroup[]
  /** Of one image. */
  multiplyAdds: { before: number; after: number }
}

/**
 * Removes the least important channels of a network, with everything that depends on them: really smaller tensors. The
 * result is verified before it is given: see `verifyRemoval`.
 */
export async function pruneChannels(pruning: ChannelPruning): Promise<PrunedChannels> {
  const { layer, inputShape, weights, sparsity, importance, multipleOf } = pruning
  if (!(sparsity > 0 && sparsity < 1))
    throw new UsageError({ where: '--sparsity', expected: 'a share between 0 and 1', received: String(sparsity) })
  const network = networkGraph(layer, inputShape, { batchSize: 2 })
  const found = channelGroups(network.graph, new Set(weights.keys()), network.makers)
  const analysis = { ...found, groups: buildableGroups(frozenHeld(found.groups, network), network, pruning) }
  const scores = importanceOf(importance, {
    groups: analysis.groups,
    weights,
    parameters: network.parameters,
    makers: network.makers,
    gradients: importance === 'taylor' ? ((await pruning.gradients?.()) ?? []) : [],
  })
  const { removed } = chooseChannels(analysis, scores, sparsity, multipleOf)
  const widths = widthsWithout(network.widths, network.makers, removed)
  const narrow = withWidths(layer, widths)
  const smaller = await verifyRemoval({ layer, narrow, inputShape, weights, channels: removed })
  return {
    widths,
    weights: smaller,
    groups: summarize(analysis, removed),
    multiplyAdds: {
      before: multiplyAdds(network.graph),
      after: multiplyAdds(networkGraph(narrow, inputShape, { batchSize: 2 }).graph),
    },
  }
}

/** What a network keeps as it is on purpose (whitening filters) is not for pruning either. */
function frozenHeld(groups: readonly ChannelGroup[], { parameters, makers }: NetworkGraph): ChannelGroup[] {
  const frozen = new Set(parameters.filter(({ trainable }) => !trainable).map(({ name }) => name))
  return groups.map(group => {
    const layer = group.layers.find(name => frozen.has(makers.get(name)!.weight))
    return group.held === undefined && layer !== undefined ? { ...group, held: `'${layer}' is frozen` } : group
  })
}

/**
 * A network is a function, and one may not be made for every number of channels (heads of attention, a shortcut that
 * comes and goes with the widths). A group with which it cannot be built one narrower, in exactly the shapes that
 * removal leaves, is held.
 */
function buildableGroups(
  groups: readonly ChannelGroup[],
  { widths, makers }: NetworkGraph,
  { layer, inputShape, weights }: ChannelPruning,
): ChannelGroup[] {
  const refusal = (tried: readonly ChannelGroup[]): string | undefined => {
    const channels = tried.map(group => group.channels[0]!)
    try {
      const narrow = withWidths(layer, widthsWithout(widths, makers, channels))
      const wrong = wrongShape(narrow, inputShape, shapesOf(shapesWithout(weights, channels)))
      return wrong && `the network wants ${wrong.expected}, not ${wrong.received}`
    } catch (error) {
      return messageOf(error)
    }
  }
  const free = groups.filter(({ held, channels }) => held === undefined && channels.length > 1)
  if (refusal(free) === undefined) return [...groups]
  return groups.map(group => {
    const reason = free.includes(group) ? refusal([group]) : undefined
    return reason === undefined ? group : { ...group, held: reason }
  })
}

const shapesOf = (shapes: ReadonlyMap<string, readonly number[]>): Map<string, { shape: readonly number[] }> =>
  new Map([...shapes].map(([name, shape]) => [name, { shape }]))

function summarize({ groups }: ChannelAnalysis, removed: readonly unknown[]): PrunedGroup[] {
  const gone = new Set(removed)
  return groups.map(({ layers, channels, held }) => ({
    layers,
    before: channels.length,
    after: channels.filter(channel => !gone.has(channel)).length,
    ...(held === undefined ? {} : { held }),
  }))
}
