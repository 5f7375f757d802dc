import { describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import type { Layer } from '../../nn/scope.js'
import { withWidths } from '../../nn/widths.js'
import { INPUT, networks, randomWeights } from '../testing/networks.js'
import { type Channel, type ChannelGroup, channelGroups } from './channel-groups.js'
import { networkGraph } from './network-graph.js'
import { widthsWithout } from './remove-channels.js'
import { verifyRemoval } from './verify-removal.js'

function analyse(layer: Layer) {
  const weights = randomWeights(layer)
  const network = networkGraph(layer, INPUT, { batchSize: 2 })
  return { weights, network, ...channelGroups(network.graph, new Set(weights.keys()), network.makers) }
}

/** Some channels of every group that may lose any, never all of one. */
const someOf = (groups: readonly ChannelGroup[]): Channel[] =>
  groups
    .filter(({ held }) => held === undefined)
    .flatMap(({ channels }, g) => {
      const stream = randomStream(3, 'channels', g)
      return channels.slice(1).filter((_, c) => c === 0 || stream.uniform() < 0.4)
    })

function remove(layer: Layer, channels: readonly Channel[]) {
  const { weights, network } = analyse(layer)
  const narrow = withWidths(layer, widthsWithout(network.widths, network.makers, channels))
  return verifyRemoval({ layer, narrow, inputShape: INPUT, weights, channels })
}

const membersOf = (groups: readonly ChannelGroup[]): string[] =>
  groups.map(({ layers, channels, held }) => `${layers.join('+')}: ${channels.length}${held ? ' held' : ''}`)

describe.each(Object.entries(networks))('%s', (_, layer) => {
  it('gives the same logits without channels as with them silent', async () => {
    const { groups, weights } = analyse(layer)
    const channels = someOf(groups)
    expect(channels.length).toBeGreaterThan(3)
    const smaller = await remove(layer, channels)
    const count = (map: ReadonlyMap<string, { data: { length: number } }>): number =>
      [...map.values()].reduce((sum, { data }) => sum + data.length, 0)
    expect(count(smaller)).toBeLessThan(count(weights))
  })
})

const revealing = ['residual', 'depthwise separable', 'squeeze-excited']

describe.each(revealing)('%s', name => {
  it('is caught when one dependency is missed', async () => {
    const layer = networks[name]!
    const { groups } = analyse(layer)
    const channels = someOf(groups)
    const kinds = new Set(channels.flatMap(({ slices }) => slices.map(({ weight, axis }) => `${weight}:${axis}`)))
    for (const missed of kinds) {
      const careless = channels.map(({ slices }) => ({
        slices: slices.filter(({ weight, axis }) => `${weight}:${axis}` !== missed),
      }))
      await expect(remove(layer, careless), missed).rejects.toThrow(/removal of channels|expected|removed/)
    }
  })
})

it('finds the groups of a residual network: two streams, and what is inside of each block', () => {
  expect(membersOf(analyse(networks.residual!).groups)).toEqual([
    'conv2d+conv2d_2: 6',
    'conv2d_1: 6',
    'conv2d_3: 8',
    'conv2d_4+conv2d_5+conv2d_7: 8',
    'conv2d_6: 8',
    'dense: 5 held',
  ])
})

it('keeps channels of one layer together where their filters are not of one group', () => {
  expect(membersOf(analyse(networks.grouped!).groups)).toEqual([
    'conv2d: 4',
    'conv2d_1: 6',
    'conv2d_2: 8',
    'dense: 5 held',
  ])
})

it('takes the wrong channel of a concatenation for what it is', async () => {
  const layer = networks.concatenated!
  const { groups } = analyse(layer)
  const channels = someOf(groups)
  // Each channel of the second operand is taken for its neighbour in the layer that reads both.
  const shifted = channels.map(({ slices }) => ({
    slices: slices.map(slice =>
      slice.axis === 1 && slice.weight.startsWith('conv2d_2') && slice.indices[0]! >= 6
        ? { ...slice, indices: slice.indices.map(index => 6 + ((index - 5) % 4)) }
        : slice,
    ),
  }))
  await expect(remove(layer, shifted)).rejects.toThrow('logits as with silent channels')
})
