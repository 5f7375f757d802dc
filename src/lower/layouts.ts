import type { Graph, Value } from '../onnx/ir.js'
import { reshape } from '../ops/reshape.js'
import { transpose } from '../ops/transpose.js'
import { type ChannelSlots, filled, joined, slotsOf } from './channel-slots.js'
import { reorderInput } from './ops/reorder-input.js'
import { reorderOutput } from './ops/reorder-output.js'

/**
 * Memory orders of an image batch [N, C, H, W]:
 * plain    row-major as declared;
 * blocked  [N, C/b, H, W, b] in a tensor still declared [N, C, H, W]: what ONNX Runtime's CPU convolutions are made for.
 *          C is rounded up to full blocks; what is in the channels added is finite, and weights there are 0;
 * gapped   as blocked, but of several parts whose last blocks need not be full (see parts);
 * rows     [N, H, W, C], declared so;
 * pixels   [H, W, N, C], declared so: all images' values of one pixel together, for products over channels.
 */
export type Layout = 'plain' | 'blocked' | 'gapped' | 'rows' | 'pixels'

/** Channels of images in ONNX Runtime's reorder operators come in multiples of this. */
const CHANNEL_STEP = 4
/** Largest part of all channels that may be zeros of a last block that is not full. */
const MOST_PADDING = 1 / 3

/** Channels that a blocked image of so many has, those that fill its last block included; undefined: too many of them. */
export function blockedChannels(channels: number, block: number): number | undefined {
  const full = filled(channels, block)
  const suits = channels % CHANNEL_STEP === 0 && full - channels <= full * MOST_PADDING
  return suits ? full : undefined
}

/** Why images of so many channels have no blocked form; undefined: they have. */
export const notBlocked = (channels: number, block: number): string | undefined =>
  blockedChannels(channels, block) ? undefined : `${channels} channels do not fill blocks of ${block}`

/**
 * The forms in which each value of the source graph exists in the graph being built. A form that is asked for and is
 * not there yet is made once, from the one that is.
 */
export class Layouts {
  private readonly forms = new Map<Value, Map<Layout, Value>>()
  private readonly anyOrder = new Map<Value, Value>()
  private readonly partsOf = new Map<Value, readonly number[]>()

  constructor(
    readonly target: Graph,
    /** Channels in a block: 8 with AVX2, 16 with AVX-512. */
    readonly block: number,
  ) {}

  set(source: Value, layout: Layout, image: Value): void {
    const known = this.forms.get(source) ?? new Map<Layout, Value>()
    known.set(layout, image)
    this.forms.set(source, known)
  }

  /** Channels of the parts that a blocked or gapped image of `source` has; of a kernel, those of the image it is for. */
  parts(source: Value): readonly number[] {
    return this.partsOf.get(source) ?? [source.shape[1] as number]
  }

  slots(source: Value): ChannelSlots {
    return slotsOf(this.parts(source), this.block)
  }

  /** A blocked image whose channels lie in these parts; gapped, where they are more than one. */
  setParts(source: Value, image: Value, parts: readonly number[]): void {
    const fewest = joined(parts, this.block)
    if (fewest.length > 1) this.partsOf.set(source, fewest)
    this.set(source, fewest.length > 1 ? 'gapped' : 'blocked', image)
  }

  /** A result in the order `layout` that `model` has. */
  setLike(source: Value, model: Value, layout: Layout, image: Value): void {
    if (layout === 'gapped') this.setParts(source, image, this.parts(model))
    else this.set(source, layout, image)
  }

  /** Remembers for the gradients of a kernel how the channels of its image lie. */
  noteParts(kernel: Value, image: Value): void {
    this.partsOf.set(kernel, this.parts(image))
  }

  /** `source` in the order `layout` that `model` has, channel beside channel. */
  like(source: Value, model: Value, layout: Layout): Value {
    if (layout !== 'gapped') return this.get(source, layout)
    const parts = this.parts(model)
    if (this.has(source, 'gapped') && this.parts(source).join() === parts.join()) return this.get(source, 'gapped')
    return reorderInput(slotsOf(parts, this.block).spread(this.get(source, 'plain'), 1), this.block)
  }

  /** Elements without an order of their own (random masks): the first use decides. */
  setAnyOrder(source: Value, image: Value): void {
    this.anyOrder.set(source, image)
  }

  /** The form it was computed in. */
  native(source: Value): Layout | 'any' {
    const [first] = this.forms.get(source)?.keys() ?? []
    return first ?? (this.anyOrder.has(source) ? 'any' : 'plain')
  }

  /** The blocked order it was computed in, if it was one. */
  blockedOrder(source: Value): 'blocked' | 'gapped' | undefined {
    const native = this.native(source)
    return native === 'blocked' || native === 'gapped' ? native : undefined
  }

  has(source: Value, layout: Layout): boolean {
    return this.forms.get(source)?.has(layout) ?? false
  }

  /** How `source` is declared in this order. */
  shapeIn(source: Value, layout: Layout): readonly number[] {
    const { shape } = source
    if (layout === 'plain') return shape as number[]
    const [N, C, H, W] = shape as [number, number, number, number]
    if (layout === 'gapped') return [N, this.slots(source).full, H, W]
    if (layout === 'blocked') return [N, blockedChannels(C, this.block)!, H, W]
    return layout === 'rows' ? [N, H, W, C] : [H, W, N, C]
  }

  /** Whether a blocked image of `source` has channels that `source` has not. */
  padded({ shape }: Value): boolean {
    return (shape[1] as number) % this.block !== 0
  }

  get(source: Value, layout: Layout): Value {
    const known = this.forms.get(source)
    const ready = known?.get(layout)
    if (ready) return ready
    const image = this.make(source, layout)
    this.set(source, layout, image)
    return image
  }

  private make(source: Value, layout: Layout): Value {
    const anyOrder = this.anyOrder.get(source)
    if (anyOrder && !this.forms.has(source)) {
      if (layout !== 'blocked' || !this.padded(source)) return reshape(anyOrder, this.shapeIn(source, layout))
      this.set(source, 'plain', reshape(anyOrder, this.shapeIn(source, 'plain')))
    }
    if (!this.forms.has(source)) {
      const held = source.constant
      if (!held) throw new Error(`no form of '${source.name}' in the graph being built`)
      this.set(source, 'plain', this.target.initializer(source.name, held))
      if (layout === 'plain') return this.get(source, 'plain')
    }
    if (layout === 'gapped') throw new Error(`no gapped form of '${source.name}'`)
    return layout === 'blocked' ? this.toBlocked(source) : this.reordered(source, layout)
  }

  private toBlocked(source: Value): Value {
    const pixels = this.forms.get(source)!.get('pixels')
    if (!pixels || this.padded(source)) return reorderInput(this.get(source, 'plain'), this.block)
    const [N, C, H, W] = source.shape as [number, number, number, number]
    const blocks = transpose(reshape(pixels, [H * W, N, C / this.block, this.block]), [1, 2, 0, 3])
    return reshape(blocks, [N, C, H, W])
  }

  /** Plain, rows or pixels. From blocked images the runtime gives the first two; from pixels all are transpositions. */
  private reordered(source: Value, layout: 'plain' | 'rows' | 'pixels'): Value {
    const known = this.forms.get(source)!
    const [blocked, pixels, rows] = [known.get('blocked'), known.get('pixels'), known.get('rows')]
    const gapped = known.get('gapped')
    const channels = source.shape[1] as number
    if (layout === 'plain') {
      if (gapped) return this.slots(source).gather(reorderOutput(gapped, this.slots(source).full), 1)
      if (blocked) return reorderOutput(blocked, channels)
      return pixels ? this.turned(source, pixels, 'plain') : transpose(rows!, [0, 3, 1, 2])
    }
    if (layout === 'rows') {
      if (pixels) return transpose(pixels, [2, 0, 1, 3])
      if (blocked && channels === this.block) return reshape(blocked, this.shapeIn(source, 'rows'))
      return blocked ? reorderOutput(blocked, channels, true) : transpose(this.get(source, 'plain'), [0, 2, 3, 1])
    }
    if (blocked) return transpose(this.get(source, 'rows'), [1, 2, 0, 3])
    return this.turned(source, this.get(source, 'plain'), 'pixels')
  }

  /** Pixels to plain and back, as the matrix [H·W, N·C] or [N·C, H·W] that it is: the runtime turns matrices faster. */
  private turned(source: Value, image: Value, layout: 'plain' | 'pixels'): Value {
    const [N, C, H, W] = source.shape as [number, number, number, number]
    const matrix = reshape(image, layout === 'plain' ? [H * W, N * C] : [N * C, H * W])
    return reshape(transpose(matrix, [1, 0]), this.shapeIn(source, layout))
  }
}
