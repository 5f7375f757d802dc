import type { Value } from '../onnx/ir.js'
import { gather } from '../ops/gather.js'
import { pad } from '../ops/pad.js'
import { slice } from '../ops/slice.js'

/** Where channels lie in a blocked image that has more of them than its source. */
export interface ChannelSlots {
  /** Channels of the image, those that fill its blocks included. */
  full: number
  /** Numbers per channel along `axis`, with zeros for the channels that are added. */
  spread(v: Value, axis: number): Value
  /** The numbers of the channels that the source has. */
  gather(v: Value, axis: number): Value
}

/** Parts as few as say the same: what fills its blocks and what comes after it are one. */
export function joined(parts: readonly number[], block: number): number[] {
  const result: number[] = []
  for (const part of parts)
    if (result.length && result.at(-1)! % block === 0) result[result.length - 1]! += part
    else result.push(part)
  return result
}

/** Channels of a part with those that fill its last block. */
export const filled = (part: number, block: number): number => Math.ceil(part / block) * block

/** Parts of so many channels, each beginning with a block of its own. */
export function slotsOf(parts: readonly number[], block: number): ChannelSlots {
  const channels = parts.reduce((sum, part) => sum + part, 0)
  const full = parts.reduce((sum, part) => sum + filled(part, block), 0)
  const after = (v: Value, axis: number, count: number): Value =>
    pad(
      v,
      [...v.shape, ...v.shape].map((_, i) => (i === v.shape.length + axis ? count : 0)),
    )
  if (parts.length === 1)
    return {
      full,
      spread: (v, axis) => after(v, axis, full - channels),
      gather: (v, axis) => (full === channels ? v : slice(v, { starts: [0], ends: [channels], axes: [axis] })),
    }
  // Channel of the source at each place; `channels`, a zero put after them, where there is none.
  const sources: number[] = []
  let next = 0
  for (const part of parts) for (let i = 0; i < filled(part, block); i++) sources.push(i < part ? next++ : channels)
  const places = sources.flatMap((source, place) => (source < channels ? [place] : []))
  return {
    full,
    spread: (v, axis) => gather(after(v, axis, 1), sources, axis),
    gather: (v, axis) => gather(v, places, axis),
  }
}
