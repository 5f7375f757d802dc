/** Channels that can only leave a network together, as disjoint sets that grow by joining. */
export class ChannelSets {
  private readonly parents: number[] = []
  private readonly reasons = new Map<number, string>()

  /** Channels of their own, not yet tied to any other. */
  fresh(count: number): number[] {
    const first = this.parents.length
    for (let i = 0; i < count; i++) this.parents.push(first + i)
    return Array.from({ length: count }, (_, i) => first + i)
  }

  /** The channel that stands for the set of `channel`. */
  find(channel: number): number {
    let root = channel
    while (this.parents[root] !== root) root = this.parents[root]!
    for (let at = channel; at !== root; ) {
      const next = this.parents[at]!
      this.parents[at] = root
      at = next
    }
    return root
  }

  join(a: number, b: number): void {
    const [kept, gone] = [this.find(a), this.find(b)]
    if (kept === gone) return
    this.parents[gone] = kept
    const reason = this.reasons.get(gone)
    if (reason !== undefined) this.pin([kept], reason)
  }

  /** These channels must stay; the first reason is the one that is told. */
  pin(channels: readonly number[] | undefined, reason: string): void {
    for (const channel of channels ?? []) {
      const root = this.find(channel)
      if (!this.reasons.has(root)) this.reasons.set(root, reason)
    }
  }

  /** Why a channel must stay; undefined: it may go. */
  pinned(channel: number): string | undefined {
    return this.reasons.get(this.find(channel))
  }

  /** Two runs of channels are the same ones; a run that nobody follows (undefined) holds the other in place. */
  tie(a: readonly number[] | undefined, b: readonly number[] | undefined, reason: string): void {
    if (a && b && a.length === b.length) for (const [i, channel] of a.entries()) this.join(channel, b[i]!)
    else for (const channels of [a, b]) this.pin(channels, reason)
  }
}
