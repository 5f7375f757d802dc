import type { Value } from '../../onnx/ir.js'
import { pad } from '../../ops/pad.js'
import { reshape } from '../../ops/reshape.js'
import { reverse } from '../../ops/slice.js'
import { transpose } from '../../ops/transpose.js'
import { slotsOf } from '../channel-slots.js'
import { blockedChannels, notBlocked } from '../layouts.js'
import { reorderInput } from '../ops/reorder-input.js'

type KernelShape = [K: number, C: number, kh: number, kw: number]

/** w [K, C, ...], zeros after its filters and channels up to full blocks. */
function filledBlocks(w: Value, block: number, channels = true): Value {
  const [K, C] = w.shape as KernelShape
  const more = [blockedChannels(K, block)! - K, channels ? blockedChannels(C, block)! - C : 0]
  return pad(w, [0, 0, 0, 0, ...more, 0, 0])
}

/** v [C], zeros after it up to full blocks. */
export function filledVector(v: Value, block: number): Value {
  return slotsOf([v.shape[0] as number], block).spread(v, 0)
}

/**
 * Numbers [outer, block, inner] -> [outer, inner, block]. By the runtime's own reorder of images, which is threaded; a
 * Transpose that moves more than one axis goes number by number (960 x 160 kernels: 0.6 ms).
 */
function blockLast(w: Value, outer: number, inner: number, block: number): Value {
  return reorderInput(reshape(w, [outer, block, inner, 1]), block)
}

/**
 * w [K, C, kh, kw] in the order nchwc.Conv reads, [K/b, C/b, kh, kw, bc, bk]; the kernel of a plain image, which has
 * fewer channels than a block, [K/b, C, kh, kw, bk].
 */
export function forwardKernel(given: Value, block: number, fromPlain: boolean): Value {
  const w = filledBlocks(given, block, !fromPlain)
  const [K, C, kh, kw] = w.shape as KernelShape
  const filtersLast = blockLast(w, K / block, C * kh * kw, block)
  if (fromPlain || kh * kw === 1) return reshape(filtersLast, [K, C, kh, kw])
  const parts = reshape(filtersLast, [(K / block) * (C / block), block, kh * kw, block])
  return reshape(transpose(parts, [0, 2, 1, 3]), [K, C, kh, kw])
}

/** w, its window turned by 180 degrees. */
function turnedWindow(w: Value): Value {
  const axes = [2, 3].filter(axis => (w.shape[axis] as number) > 1)
  return axes.length ? reverse(w, axes) : w
}

/**
 * w [K, C, kh, kw] with its channels swapped, in the order nchwc.Conv reads: [C/b, K/b, kh, kw, bk, bc]. One axis at a
 * time: the runtime then moves whole rows.
 */
export function swappedBlocks(given: Value, block: number): Value {
  const w = filledBlocks(given, block)
  const [K, C, kh, kw] = w.shape as KernelShape
  const [blocks, taps] = [C / block, kh * kw]
  const swapped = transpose(reshape(w, [K, blocks, block * taps]), [1, 0, 2])
  const shape = [blocks, K / block, kh, kw, block, block]
  if (taps === 1) return reshape(swapped, shape)
  const parts = reshape(blockLast(swapped, blocks * K, taps, block), [(blocks * K) / block, block, taps, block])
  return reshape(transpose(parts, [0, 2, 1, 3]), shape)
}

/** The kernel of the data gradient, blocked: channels swapped and the window turned by 180 degrees. */
export function turnedKernel(w: Value, block: number): Value {
  const blocks = swappedBlocks(turnedWindow(w), block)
  const [outer, inner, kh, kw] = blocks.shape as KernelShape
  return reshape(blocks, [outer * block, inner * block, kh, kw])
}

/** A depthwise kernel [C, 1, kh, kw], blocked: [C/b, kh, kw, bc]. `turned` by 180 degrees it is that of the data gradient. */
export function depthwiseKernel(given: Value, block: number, turned = false): Value {
  const w = filledBlocks(given, block, false)
  const [C, , kh, kw] = w.shape as KernelShape
  return reshape(blockLast(turned ? turnedWindow(w) : w, C / block, kh * kw, block), [C, 1, kh, kw])
}

/** Why these channels have no depthwise form; nothing: they have. */
export function notDepthwise(C: number, K: number, group: number, block: number): string | undefined {
  if (group === 1) return 'one group'
  if (group !== C || K !== C) return `${C} channels and ${K} filters in ${group} groups are not one of each`
  return notBlocked(C, block)
}
