import type { Value } from '../../onnx/ir.js'
import { pad } from '../../ops/pad.js'
import { reshape } from '../../ops/reshape.js'
import { reverse } from '../../ops/slice.js'
import { transpose } from '../../ops/transpose.js'
import { slotsOf } from '../channel-slots.js'
import { blockedChannels, notBlocked } from '../layouts.js'

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
 * w [K, C, kh, kw] in the order nchwc.Conv reads, [K/b, C/b, kh, kw, bc, bk]; the kernel of a plain image, which has
 * fewer channels than a block, [K/b, C, kh, kw, bk].
 */
export function forwardKernel(given: Value, block: number, fromPlain: boolean): Value {
  const w = filledBlocks(given, block, !fromPlain)
  const [K, C, kh, kw] = w.shape as KernelShape
  if (fromPlain) return reshape(transpose(reshape(w, [K / block, block, C, kh, kw]), [0, 2, 3, 4, 1]), [K, C, kh, kw])
  const parts = reshape(w, [K / block, block, C / block, block, kh, kw])
  return reshape(transpose(parts, [0, 2, 4, 5, 3, 1]), [K, C, kh, kw])
}

/** w, its window turned by 180 degrees. */
function turnedWindow(w: Value): Value {
  const axes = [2, 3].filter(axis => (w.shape[axis] as number) > 1)
  return axes.length ? reverse(w, axes) : w
}

/** w [K, C, kh, kw] with its channels swapped, in the order nchwc.Conv reads: [C/b, K/b, kh, kw, bk, bc]. */
export function swappedBlocks(given: Value, block: number): Value {
  const w = filledBlocks(given, block)
  const [K, C, kh, kw] = w.shape as KernelShape
  return transpose(reshape(w, [K / block, block, C / block, block, kh, kw]), [2, 0, 4, 5, 1, 3])
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
  const parts = reshape(turned ? turnedWindow(w) : w, [C / block, block, kh * kw])
  return reshape(transpose(parts, [0, 2, 1]), [C, 1, kh, kw])
}

/** Why these channels have no depthwise form; nothing: they have. */
export function notDepthwise(C: number, K: number, group: number, block: number): string | undefined {
  if (group === 1) return 'one group'
  if (group !== C || K !== C) return `${C} channels and ${K} filters in ${group} groups are not one of each`
  return notBlocked(C, block)
}
