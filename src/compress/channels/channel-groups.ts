import type { Shape } from '../../core/shape.js'
import type { Graph, Value } from '../../onnx/ir.js'
import { liveNodes } from '../../onnx/rewrite.js'
import { costOf } from '../multiply-adds.js'
import { ChannelSets } from './channel-sets.js'
import { type Axes, followNode } from './follow-channels.js'

/** Part of a weight: these places along one axis. */
export interface Slice {
  weight: string
  axis: number
  indices: readonly number[]
}

/** The least that can be removed: one channel with everything that goes with it. */
export interface Channel {
  slices: readonly Slice[]
}

/** Channels of one kind: what one of them is made of, all are made of. */
export interface ChannelGroup {
  /** Layers whose filters or units these are; a residual stream has several. */
  layers: readonly string[]
  channels: readonly Channel[]
  /** Why these channels stay; absent: they may go. */
  held?: string
}

/** For each layer with filters or units: the weight that makes them, and the axis that they lie on. */
export type Makers = ReadonlyMap<string, { weight: string; axis: number }>

/** Multiply-adds of one image in one weight: `uses` for each of its numbers. */
export interface WeightCost {
  weight: string
  shape: Shape
  uses: number
}

export interface ChannelAnalysis {
  groups: readonly ChannelGroup[]
  costs: readonly WeightCost[]
  /** Multiply-adds of one image that no weight of the network has a part in. */
  fixedCost: number
}

/**
 * Which channels of a network can only go together (Fang et al. 2023, DepGraph, arXiv 2301.12900, on the ONNX graph and
 * per channel): follows every channel from the filter that makes it through element-wise joins, concatenations,
 * depthwise and grouped convolutions, normalisations and flattening to every weight that reads it. `weights`: names of
 * inputs or initializers that are parameters or statistics.
 */
export function channelGroups(graph: Graph, weights: ReadonlySet<string>, makers: Makers): ChannelAnalysis {
  const sets = new ChannelSets()
  const known = new Map<Value, Axes>()
  const held = new Map<string, { value: Value; axes: Axes }>()
  const axesOfValue = (value: Value | undefined): Axes => {
    if (!value) return []
    const before = known.get(value)
    if (before) return before
    const isWeight = weights.has(value.name) && !value.producer
    const axes = value.shape.map(size => (isWeight ? sets.fresh(size as number) : undefined))
    known.set(value, axes)
    if (isWeight) held.set(value.name, { value, axes })
    return axes
  }
  const costs: WeightCost[] = []
  let fixedCost = 0
  for (const node of liveNodes(graph)) {
    const outputs = followNode({ node, axes: node.inputs.map(axesOfValue), sets })
    node.outputs.forEach((output, i) => {
      known.set(output, outputs[i]!)
    })
    const cost = costOf(node)
    if (!cost) continue
    const { weight, uses } = cost
    if (weights.has(weight.name)) costs.push({ weight: weight.name, shape: weight.shape as Shape, uses })
    else fixedCost += cost.size * uses
  }
  for (const output of graph.outputs) for (const channels of known.get(output) ?? []) sets.pin(channels, 'the output')
  return { groups: groupsOf(sets, held, makers), costs, fixedCost }
}

function groupsOf(sets: ChannelSets, weights: ReadonlyMap<string, { axes: Axes }>, makers: Makers): ChannelGroup[] {
  const channels = new Map<number, Map<string, { weight: string; axis: number; indices: number[] }>>()
  for (const [weight, { axes }] of weights)
    axes.forEach((places, axis) => {
      places?.forEach((place, index) => {
        const root = sets.find(place)
        const slices = channels.get(root) ?? new Map()
        channels.set(root, slices)
        const key = `${weight}:${axis}`
        const slice = slices.get(key) ?? { weight, axis, indices: [] }
        slice.indices.push(index)
        slices.set(key, slice)
      })
    })
  const layersOf = new Map<string, string>([...makers].map(([layer, { weight, axis }]) => [`${weight}:${axis}`, layer]))
  const groups = new Map<string, { layers: string[]; channels: Channel[]; reasons: Set<string> }>()
  for (const [root, slices] of channels) {
    const layers = [...slices.keys()].flatMap(key => layersOf.get(key) ?? [])
    if (!layers.length) continue
    const reason = sets.pinned(root)
    // Channels that stay and channels that may go are not of one kind, even in one layer.
    const key = [...slices.keys()].sort().join(' ') + (reason ?? '')
    const group = groups.get(key) ?? { layers, channels: [], reasons: new Set() }
    groups.set(key, group)
    group.channels.push({ slices: [...slices.values()] })
    if (reason !== undefined) group.reasons.add(reason)
  }
  return [...groups.values()].map(({ layers, channels: members, reasons: [reason] }) => ({
    layers,
    channels: members,
    ...(reason === undefined ? {} : { held: reason }),
  }))
}
