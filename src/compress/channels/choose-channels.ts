import { UsageError } from '../../core/errors.js'
import type { Channel, ChannelAnalysis, ChannelGroup, WeightCost } from './channel-groups.js'

/** So much of every group stays: a layer that is almost gone stops the network, however little its channels weigh. */
const LEAST_SHARE = 0.1

/** Multiply-adds of one image, kept up to date while channels go. */
class Cost {
  private readonly sizes: Map<string, { shape: number[]; uses: number }>
  total: number
  constructor({ costs, fixedCost }: ChannelAnalysis) {
    this.sizes = new Map()
    for (const { weight, shape, uses } of costs) {
      // A weight that serves twice costs twice.
      const known = this.sizes.get(weight)
      this.sizes.set(weight, { shape: [...shape], uses: uses + (known?.uses ?? 0) })
    }
    this.total = fixedCost + [...this.sizes.values()].reduce((sum, entry) => sum + costOfWeight(entry), 0)
  }
  remove({ slices }: Channel): void {
    for (const { weight, axis, indices } of slices) {
      const entry = this.sizes.get(weight)
      if (!entry) continue
      this.total -= costOfWeight(entry)
      entry.shape[axis]! -= indices.length
      this.total += costOfWeight(entry)
    }
  }
}

const costOfWeight = ({ shape, uses }: Pick<WeightCost, 'shape' | 'uses'>): number =>
  shape.reduce((product, size) => product * size, uses)

export interface Choice {
  removed: Channel[]
  /** Of one image. */
  multiplyAdds: { before: number; after: number }
}

/** Channels of one group that go together or not at all. */
interface Step {
  group: number
  channels: readonly Channel[]
  /** Mean of the channels. */
  score: number
}

/**
 * The least important channels of a group, in steps that leave a multiple of `multipleOf`: the first takes what is over.
 * A group that is narrower than two such steps goes in smaller ones: halves, quarters.
 */
function stepsOf({ channels }: ChannelGroup, group: number, scores: readonly number[], multipleOf: number): Step[] {
  let size = multipleOf
  while (size > 1 && channels.length < 2 * size) size = Math.floor(size / 2)
  const order = channels.map((_, c) => c).sort((a, b) => scores[a]! - scores[b]!)
  const steps: Step[] = []
  for (let from = 0, to = order.length % size || size; from < order.length; from = to, to += size) {
    const part = order.slice(from, to)
    const score = part.reduce((sum, c) => sum + scores[c]!, 0) / part.length
    steps.push({ group, channels: part.map(c => channels[c]!), score })
  }
  return steps
}

/**
 * The least important channels of the whole network, until `sparsity` of its multiply-adds are gone. `scores[g][c]` is
 * the importance of channel c of group g. Of every group a tenth stays, and at least one channel; what stays of one that
 * was narrowed is a multiple of `multipleOf` (see stepsOf), because runtimes compute channels in blocks.
 */
export function chooseChannels(
  analysis: ChannelAnalysis,
  scores: readonly (readonly number[])[],
  sparsity: number,
  multipleOf = 1,
): Choice {
  const cost = new Cost(analysis)
  const before = cost.total
  const left = analysis.groups.map(({ channels }) => channels.length)
  const least = analysis.groups.map(({ channels }) => Math.max(1, Math.ceil(LEAST_SHARE * channels.length)))
  const ranked = analysis.groups
    .flatMap((group, g) => (group.held === undefined ? stepsOf(group, g, scores[g]!, multipleOf) : []))
    .sort((a, b) => a.score - b.score)
  const removed: Channel[] = []
  for (const { channels, group } of ranked) {
    if (cost.total <= (1 - sparsity) * before) break
    if (left[group]! - channels.length < least[group]!) continue
    left[group]! -= channels.length
    for (const channel of channels) {
      cost.remove(channel)
      removed.push(channel)
    }
  }
  if (cost.total > (1 - sparsity) * before)
    throw new UsageError({
      where: '--sparsity',
      expected: `at most ${(1 - cost.total / before).toFixed(2)}, the share of multiply-adds that channels of this network can give up`,
      received: String(sparsity),
      fix: heldNote(analysis.groups),
    })
  return { removed, multiplyAdds: { before, after: cost.total } }
}

function heldNote(groups: readonly ChannelGroup[]): string {
  const held = groups.filter(group => group.held !== undefined).flatMap(({ layers }) => layers)
  return held.length ? `a lower one; ${held.slice(0, 4).join(', ')} cannot be narrowed` : 'a lower one'
}
