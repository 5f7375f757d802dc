import { describe, expect, it } from 'vitest'
import { conv2d } from '../../nn/layers/conv2d.js'
import { dense } from '../../nn/layers/dense.js'
import { globalAveragePooling2d } from '../../nn/layers/pooling.js'
import { add } from '../../nn/layers/shape.js'
import { sequential } from '../../nn/network.js'
import type { Layer } from '../../nn/scope.js'
import { withWidths } from '../../nn/widths.js'
import { multiplyAdds } from '../multiply-adds.js'
import { INPUT, networks, randomWeights } from '../testing/networks.js'
import { type ChannelGroup, channelGroups } from './channel-groups.js'
import { importanceOf } from './importance.js'
import { networkGraph } from './network-graph.js'
import { type ChannelPruning, pruneChannels } from './prune-channels.js'

const prune = (layer: Layer, more: Partial<ChannelPruning> = {}) =>
  pruneChannels({ layer, inputShape: INPUT, weights: randomWeights(layer), sparsity: 0.5, importance: 'l1', ...more })

const costOfNetwork = (layer: Layer): number => multiplyAdds(networkGraph(layer, INPUT, { batchSize: 2 }).graph)

describe('pruneChannels', () => {
  it.each(['plain', 'residual', 'squeeze-excited'])('%s: reaches the multiply-adds that were asked for', async name => {
    const layer = networks[name]!
    const { multiplyAdds: cost, widths } = await prune(layer, { sparsity: 0.3 })
    expect(cost.before).toBe(costOfNetwork(layer))
    expect(cost.after).toBe(costOfNetwork(withWidths(layer, widths)))
    expect(cost.after).toBeLessThanOrEqual(0.7 * cost.before)
    expect(cost.after).toBeGreaterThan(0.4 * cost.before)
  })

  it('prunes what is pruned already', async () => {
    const layer = networks.residual!
    const first = await prune(layer, { sparsity: 0.2 })
    const narrow = withWidths(layer, first.widths)
    const second = await prune(narrow, { sparsity: 0.2, weights: first.weights })
    expect(second.multiplyAdds.before).toBe(first.multiplyAdds.after)
    // The recipe of the second run holds both, the later ones on top.
    expect(costOfNetwork(withWidths(layer, { ...first.widths, ...second.widths }))).toBe(second.multiplyAdds.after)
  })

  it('takes the channels with the smallest weights first', async () => {
    const layer = networks.plain!
    const weights = randomWeights(layer)
    const kernel = weights.get('conv2d_2/kernel')!.data as Float32Array
    const size = kernel.length / 6
    const reader = weights.get('conv2d_3/kernel')!.data as Float32Array
    for (let i = 0; i < size; i++) kernel[2 * size + i]! *= 1e-3
    reader.forEach((w, i) => {
      if (Math.floor(i / 9) % 6 === 2) reader[i] = 1e-3 * w
    })
    const kept = (await prune(layer, { weights, sparsity: 0.02 })).weights.get('conv2d_2/kernel')!.data as Float32Array
    expect(kept.length).toBe(5 * size)
    expect(kept.every(w => kernel.slice(2 * size, 3 * size).indexOf(w) < 0)).toBe(true)
  })

  it('leaves multiples of what is asked for, and goes in halves of it where a layer is narrow', async () => {
    const layer = sequential([
      conv2d(40, 3, { padding: 'same', activation: 'relu' }),
      conv2d(20, 3, { padding: 'same', activation: 'relu' }),
      globalAveragePooling2d(),
      dense(5),
    ])
    const leftBy = async (more: Partial<ChannelPruning>): Promise<number[]> =>
      (await prune(layer, { sparsity: 0.7, ...more })).groups.slice(0, 2).map(group => group.after)
    const [wide, narrow] = await leftBy({ multipleOf: 16 })
    expect([16, 32]).toContain(wide)
    expect([8, 16]).toContain(narrow)
    // Without it the same share falls elsewhere.
    expect((await leftBy({})).some(left => left % 8 !== 0)).toBe(true)
  })

  it('holds what the network cannot be built without, and says why', async () => {
    // The shortcut counts on 6 channels whatever the stem has.
    const stubborn: Layer = sequential([
      conv2d(6, 3, { padding: 'same' }),
      (x, scope) => (x.shape[1] === 6 ? add([x, conv2d(6, 3, { padding: 'same', name: 'inner' })(x, scope)]) : x),
      conv2d(12, 3, { padding: 'same', activation: 'relu' }),
      globalAveragePooling2d(),
      dense(5),
    ])
    const { groups } = await prune(stubborn, { sparsity: 0.2 })
    expect(groups.map(({ layers, before, after }) => [layers.join('+'), before === after])).toEqual([
      ['conv2d+inner', true],
      ['conv2d_1', false],
      ['dense', true],
    ])
    expect(groups[0]!.held).toContain("'inner'")
  })

  it('leaves frozen layers alone', async () => {
    const { groups } = await prune(networks.whitened!, { sparsity: 0.2 })
    expect(groups[0]).toMatchObject({ layers: ['whitening'], before: 24, after: 24, held: "'whitening' is frozen" })
  })

  it('refuses more than the network can give, and importances that it does not have', async () => {
    await expect(prune(networks.plain!, { sparsity: 0.999 })).rejects.toThrow('--sparsity: expected at most 0.')
    await expect(prune(networks.plain!, { sparsity: 1 })).rejects.toThrow(
      'expected a share between 0 and 1, received 1',
    )
    await expect(prune(networks.plain!, { importance: 'batch-norm' })).rejects.toThrow('--importance l1 or taylor')
  })
})

it('a width of a layer that is not there is refused with the one that was meant', () => {
  expect(() => networkGraph(withWidths(networks.plain!, { conv2: 3 }), INPUT, { batchSize: 1 })).toThrow(
    "widths.conv2: expected a layer with filters or units (conv2d, conv2d_1, conv2d_2, conv2d_3, dense, dense_1), received 'conv2'",
  )
})

describe('importanceOf', () => {
  const layer = networks.residual!
  const weights = randomWeights(layer)
  const { graph, makers, parameters } = networkGraph(layer, INPUT, { batchSize: 2 })
  const { groups } = channelGroups(graph, new Set(weights.keys()), makers)
  const inner = groups.findIndex(({ layers }) => layers.join() === 'conv2d_1')
  const facts = { groups: groups as ChannelGroup[], weights, parameters, makers, gradients: [] }

  it('batch-norm is the size of gamma', () => {
    const gamma = weights.get('batchNormalization_1/gamma')!.data as Float32Array
    expect(importanceOf('batch-norm', facts)[inner]).toEqual(Array.from(gamma, Math.abs))
  })

  it('taylor is |Σ w · dL/dw| over what reads the channel, and not over what makes it', () => {
    const reader = weights.get('conv2d_2/kernel')!
    const gradient = new Map(
      [...weights].map(([name, held]) => [
        name,
        {
          ...held,
          data: (held.data as Float32Array).map((w, i) => (name === 'conv2d_2/kernel' ? (i % 5) - 2 : 1e6 * w)),
        },
      ]),
    )
    const wanted = Array.from({ length: 6 }, (_, c) => {
      let sum = 0
      ;(reader.data as Float32Array).forEach((w, i) => {
        if (Math.floor(i / 9) % 6 === c) sum += w * ((i % 5) - 2)
      })
      return Math.abs(sum)
    })
    const found = importanceOf('taylor', { ...facts, gradients: [gradient] })[inner]!
    found.forEach((score, c) => {
      expect(score).toBeCloseTo(wanted[c]!, 5)
    })
  })
})
